namespace PluginLens.Onnx.Tests.Folders;

/// <summary>A copy of a model folder that a test may damage; gone afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Copies a folder.</summary>
    /// <param name="source">A folder of files.</param>
    public TemporaryFolder(string source)
    {
        Path = Directory.CreateTempSubdirectory("pluginlens-").FullName;
        foreach (var file in Directory.GetFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>A file in it.</summary>
    /// <param name="name">File name.</param>
    public string Of(string name) => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
