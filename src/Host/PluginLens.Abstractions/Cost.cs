namespace PluginLens;

/// <summary>What a run will cost; upper bounds.</summary>
/// <param name="Flops">Floating-point operations (a multiply-add is two).</param>
/// <param name="Bytes">Working memory beyond the mapped weights, in bytes.</param>
public sealed record Cost(double Flops, double Bytes)
{
    /// <summary>Whether a search may leave part of it out (<see cref="Compute.TopPairs"/> does); how much is known only afterwards.</summary>
    public bool Prunes { get; init; }
}
