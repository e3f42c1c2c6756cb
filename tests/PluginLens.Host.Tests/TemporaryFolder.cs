namespace PluginLens.Host.Tests;

/// <summary>A folder of one test, gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Path = Directory.CreateTempSubdirectory("pluginlens-test-").FullName;

    public string Path { get; }

    public string File(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    /// <summary>A plugin with analyses of these ids; its folder may lie deeper.</summary>
    public string Plugin(string folder, params string[] ids) => MadePlugin.Write(System.IO.Path.Combine(Path, folder), ids);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
