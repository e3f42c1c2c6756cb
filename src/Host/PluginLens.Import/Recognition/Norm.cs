using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>A LayerNorm or RMSNorm in the source graph, in one operator or written out.</summary>
/// <param name="Node">The operator, or the square root of the written-out form.</param>
/// <param name="Input">What is normalised, resolved.</param>
/// <param name="Output">The result with gain and bias, resolved.</param>
/// <param name="Gain">Name of the constant gain, or null.</param>
/// <param name="Bias">Name of the constant bias, or null.</param>
/// <param name="Eps">What is added to the variance.</param>
/// <param name="IsRms">No mean is subtracted.</param>
/// <param name="Width">Size of the normalised axis.</param>
internal sealed record Norm(NodeProto Node, string Input, string Output, string? Gain, string? Bias, float Eps, bool IsRms, int Width);
