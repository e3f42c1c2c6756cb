namespace PluginLens.Host;

/// <summary>Messages of others, fit for one line.</summary>
internal static class OneLine
{
    /// <summary>Line breaks become spaces.</summary>
    /// <param name="message">Any text.</param>
    public static string Of(string message) => message.ReplaceLineEndings(" ").Trim();
}
