namespace PluginLens.Models.Verification;

/// <summary>What a model was found to be.</summary>
/// <param name="Checks">Every check, in order.</param>
/// <param name="NoiseOfBatch">Largest difference of one sequence's outputs alone and beside another, relative to the largest output; null where the model did not run.</param>
/// <param name="NoiseOfProduct">Largest error of one float32 product of the forward pass against float64, relative to its largest entry; null as above.</param>
public sealed record VerificationReport(IReadOnlyList<ModelCheck> Checks, double? NoiseOfBatch, double? NoiseOfProduct)
{
    /// <summary>Whether every check passed.</summary>
    public bool Passed => Checks.All(check => check.Passed);
}
