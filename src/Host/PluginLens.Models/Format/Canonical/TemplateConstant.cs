namespace PluginLens.Models.Format.Canonical;

/// <summary>An inline initializer of the canonical graph: a scalar or a vector.</summary>
/// <param name="Name"><c>const.N</c>.</param>
/// <param name="IsInteger">int64, else float32.</param>
/// <param name="Rank">0 or 1.</param>
/// <param name="Values">The values; integers are exact in a double here.</param>
public sealed record TemplateConstant(string Name, bool IsInteger, int Rank, IReadOnlyList<double> Values);
