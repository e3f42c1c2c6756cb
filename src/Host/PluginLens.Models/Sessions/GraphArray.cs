namespace PluginLens.Models.Sessions;

/// <summary>A tensor on its way into a session or out of it: an ordinary array, row-major.</summary>
/// <param name="Values"><c>float[]</c>, <c>double[]</c>, <c>long[]</c>, <c>int[]</c> or <c>bool[]</c>.</param>
/// <param name="Shape">Extents.</param>
internal sealed record GraphArray(Array Values, long[] Shape);
