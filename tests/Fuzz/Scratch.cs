namespace PluginLens.Fuzz;

/// <summary>Temporary folders of this process, gone when it ends.</summary>
internal static class Scratch
{
    private static readonly Lazy<string> Root = new(() =>
    {
        var root = Directory.CreateTempSubdirectory("pluginlens-fuzz-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(root, recursive: true);
        return root;
    });

    /// <summary>A new folder with copies of files.</summary>
    public static string Folder(string name, params string[] files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root.Value, $"{name.Replace('/', '-')}-{Guid.NewGuid():N}")).FullName;
        foreach (var file in files)
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }
}
