namespace PluginLens;

/// <summary>What a run will cost, upper bounds: pruning only makes it cheaper.</summary>
/// <param name="Flops">Floating-point operations (a multiply-add is two).</param>
/// <param name="Bytes">Working memory beyond the mapped weights, in bytes.</param>
public sealed record Cost(double Flops, double Bytes);
