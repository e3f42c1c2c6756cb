using System.Numerics.Tensors;

namespace PluginLens.Numerics.Maps;

/// <summary>
/// t-SNE (van der Maaten and Hinton, 2008) started from principal components, so that nothing is random: early exaggeration 12 and momentum 0.5 for 250 steps, then momentum 0.8,
/// with adaptive gains. Up to some hundred points all pairs are looked at in every step; above, P is kept for the 3 x perplexity + 1 nearest neighbours and far points push in groups
/// (van der Maaten, Accelerating t-SNE using Tree-Based Algorithms, 2014). Closeness in the map is Student's t with max(components - 1, 1) degrees of freedom, a:
/// <c>q ∝ (1 + distance²/a)^(-(a+1)/2)</c>, as in scikit-learn, so that divergences can be compared. Equal rows are one point that counts as often as they occur.
/// </summary>
internal static class TSne
{
    /// <summary>Up to so many points all pairs are looked at.</summary>
    internal const int ExactPoints = 500;

    private const int EarlySteps = 250;
    private const double Exaggeration = 12;

    /// <summary>Embeds rows.</summary>
    /// <param name="x">Rows, <c>n x d</c>.</param>
    /// <param name="components">Dimensions of the map; above 3 all pairs are looked at.</param>
    /// <param name="perplexity">Effective number of neighbours; less than n.</param>
    /// <param name="learningRate">Step size.</param>
    /// <param name="steps">Steps of gradient descent.</param>
    /// <param name="threads">Threads; the map does not depend on them.</param>
    /// <param name="cancellation">Watched.</param>
    /// <param name="progress">Told of steps.</param>
    /// <param name="exactPoints">Up to so many points all pairs are looked at.</param>
    /// <returns>The map, <c>n x components</c>, and the divergence KL(P || Q) that is left.</returns>
    public static (Matrix64 Map, double Divergence) Of(
        Matrix64 x, int components, double perplexity, double learningRate, int steps, int threads = 1, CancellationToken cancellation = default, IProgress<Progress>? progress = null, int exactPoints = ExactPoints)
    {
        if (!(perplexity > 0) || perplexity >= x.Rows)
        {
            throw new ArgumentException($"Expected a perplexity above 0 and below the number of rows ({x.Rows}), found {perplexity}.");
        }

        var rows = new DistinctRows(x);
        var exact = components > 3 || rows.First.Length <= exactPoints;
        var p = Affinities.Of(rows, perplexity, exact ? x.Rows - 1 : (int)Math.Min((3 * perplexity) + 1, x.Rows - 1), threads, cancellation);
        var map = rows.Pick(Start(x, components, cancellation));
        var forces = new TSneForces(p, map, rows.Counts, Math.Max(components - 1, 1), exact, threads, cancellation);
        var gradient = new double[map.Data.Length];
        var velocity = new double[map.Data.Length];
        var gains = new double[map.Data.Length];
        Array.Fill(gains, 1);
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            progress?.Report(new Progress(step, steps, "t-SNE"));
            forces.Gradient(step < EarlySteps ? Exaggeration : 1, gradient);
            var momentum = step < EarlySteps ? 0.5 : 0.8;
            for (var i = 0; i < gradient.Length; i++)
            {
                var same = velocity[i] * gradient[i] > 0;
                gains[i] = Math.Max(0.01, same ? gains[i] * 0.8 : gains[i] + 0.2);
                velocity[i] = (momentum * velocity[i]) - (learningRate * gains[i] * gradient[i]);
                map.Data[i] += velocity[i];
            }
        }

        return (rows.Expand(map), forces.Divergence());
    }

    private static Matrix64 Start(Matrix64 x, int components, CancellationToken cancellation)
    {
        var map = PrincipalComponents.Of(x, components, cancellation);
        var square = 0.0;
        for (var row = 0; row < map.Rows && map.Columns > 0; row++)
        {
            square += map[row, 0] * map[row, 0];
        }

        TensorPrimitives.Multiply(map.Data, square > 0 ? 1e-4 / Math.Sqrt(square / map.Rows) : 1, map.Data);
        return map;
    }
}
