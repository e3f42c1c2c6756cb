namespace PluginLens.Plugins.Circuits;

/// <summary>Composition of heads whose matrices are independent standard normal numbers: what a score is compared with.</summary>
internal static class RandomHeads
{
    /// <summary>Scores of random pairs, with the seed of the run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="samples">How many pairs.</param>
    public static CompositionBaseline Compose(AnalysisContext context, int samples)
    {
        var scores = new double[samples];
        for (var at = 0; at < samples; at++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            scores[at] = Pair(context);
        }

        var mean = scores.Average();
        return new CompositionBaseline(samples, mean, Math.Sqrt(scores.Sum(score => (score - mean) * (score - mean)) / (samples - 1)), 1 / Math.Sqrt(context.Model.Config.DModel));
    }

    /// <summary>What they cost.</summary>
    /// <param name="config">The model.</param>
    /// <param name="samples">How many pairs.</param>
    public static Cost CostOf(ModelConfig config, double samples) => Costs.Sum(
        Costs.Times(5 * samples, Costs.Product(config.DHead, config.DModel, config.DHead, sizeof(double))),
        Costs.Times(2 * samples, Costs.Product(config.DHead, config.DHead, config.DHead, sizeof(double))),
        new Cost(0, 4.0 * sizeof(float) * config.DModel * config.DHead));

    /// <summary>
    /// With <c>X = A Bᵀ</c>, <c>Y = C Dᵀ</c> and <c>M = BᵀC</c>: <c>|X Y|² = tr(AᵀA M DᵀD Mᵀ)</c>, and <c>|X|² = tr(AᵀA BᵀB)</c>.
    /// </summary>
    private static double Pair(AnalysisContext context)
    {
        var (compute, config) = (context.Compute, context.Model.Config);
        Matrix Normal() => NormalNumbers.Matrix(context.Random, config.DModel, config.DHead);
        var (a, b, c, d) = (Normal(), Normal(), Normal(), Normal());
        var (first, last, between) = (compute.Gram(a, a), compute.Gram(d, d), compute.Gram(b, c));
        var product = Dot(compute.Multiply(first, between), compute.Multiply(between, last));
        return Math.Sqrt(product / (Dot(first, compute.Gram(b, b)) * Dot(compute.Gram(c, c), last)));
    }

    private static double Dot(Matrix64 x, Matrix64 y) => x.Data.Zip(y.Data, (one, other) => one * other).Sum();
}
