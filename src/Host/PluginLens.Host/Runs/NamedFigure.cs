namespace PluginLens.Host;

/// <summary>A figure and its name.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Figure">The data.</param>
public sealed record NamedFigure(string Name, Figure Figure);
