namespace PluginLens.Report;

/// <summary>Data of a page: each has a name, and goes where the page is written.</summary>
/// <param name="write">Takes a name and base64.</param>
internal sealed class PageData(Action<string, string> write)
{
    private int _blobs;

    /// <summary>Writes data under a name of its own.</summary>
    /// <param name="base64">The data.</param>
    /// <returns>The name.</returns>
    public string Write(string base64)
    {
        var name = $"b{_blobs++}";
        write(name, base64);
        return name;
    }
}
