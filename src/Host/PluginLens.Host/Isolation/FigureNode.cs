namespace PluginLens.Host;

/// <summary>A part of a figure as names and values.</summary>
/// <param name="Fields">In the order in which they are written.</param>
internal sealed record FigureNode(IReadOnlyList<KeyValuePair<string, object?>> Fields);
