namespace PluginLens.Host;

/// <summary>A plugin, or one analysis of it, that cannot be used. Reported where it was merely found, an error where it was asked for.</summary>
/// <param name="Folder">Where.</param>
/// <param name="Message">What is wrong, in one line.</param>
/// <param name="Ids">The analyses that it is about, as far as they could be read.</param>
public sealed record PluginFault(string Folder, string Message, IReadOnlyList<string> Ids)
{
    /// <summary>A folder whose analyses cannot be read.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="message">What is wrong, in one line.</param>
    public PluginFault(string folder, string message)
        : this(folder, message, [])
    {
    }
}
