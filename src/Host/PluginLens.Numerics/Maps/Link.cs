namespace PluginLens.Numerics.Maps;

/// <summary>One row as another sees it.</summary>
/// <param name="Row">Which.</param>
/// <param name="Value">Distance, or closeness.</param>
internal readonly record struct Link(int Row, double Value);
