namespace PluginLens.Host;

/// <summary>One text of a file.</summary>
/// <param name="Where">File and line, for messages.</param>
/// <param name="Text">The text.</param>
/// <param name="Label">The label, or null.</param>
public sealed record TextRow(string Where, string Text, string? Label);
