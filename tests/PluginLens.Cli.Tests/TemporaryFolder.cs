namespace PluginLens.Cli.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("pluginlens-").FullName;

    /// <summary>A path in it.</summary>
    /// <param name="name">Relative path with slashes.</param>
    public string At(string name) => Path.Combine(_path, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_path, recursive: true);
}
