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

    /// <summary>A plugin folder with a manifest and an empty assembly file.</summary>
    public string Plugin(string folder, string manifest)
    {
        File($"{folder}/Some.dll", string.Empty);
        return File($"{folder}/plugin.json", manifest);
    }

    public static string Manifest(string id) =>
        $$"""{"id":"{{id}}","title":"Title of {{id}}","description":"What it does.","paper":"","version":"1.2.3","assembly":"Some.dll"}""";

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
