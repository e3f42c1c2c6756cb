namespace PluginLens.Plugins.Tests;

/// <summary>A file that an option names, gone after the test.</summary>
internal sealed class HeadTablesFile : IDisposable
{
    /// <summary>Writes it.</summary>
    /// <param name="text">Content, UTF-8.</param>
    public HeadTablesFile(string text)
        : this(System.Text.Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>Writes it.</summary>
    /// <param name="bytes">Content.</param>
    public HeadTablesFile(byte[] bytes) => File.WriteAllBytes(Path, bytes);

    /// <summary>Where it is.</summary>
    public string Path { get; } = System.IO.Path.GetTempFileName();

    /// <inheritdoc/>
    public void Dispose() => File.Delete(Path);
}
