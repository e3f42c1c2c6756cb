namespace PluginLens.Plugins.Circuits;

/// <summary>Circuits of heads through the singular value decompositions of their thin factors.</summary>
/// <param name="context">The run.</param>
/// <param name="weights">The matrices of the heads.</param>
internal sealed class CircuitFactors(AnalysisContext context, FoldedWeights weights)
{
    /// <summary>The decomposition of a head's circuit.</summary>
    /// <param name="circuit">W_V W_O or W_Q W_Kᵀ.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public ThinSvd Of(Circuit circuit, int layer, int head) => circuit == Circuit.OV
        ? context.Compute.Svd(weights.WV(layer, head), weights.WO(layer, head).Transpose())
        : context.Compute.Svd(weights.WQ(layer, head), weights.WK(layer, head));

    /// <summary>A circuit of all heads of a layer.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="circuit">Which.</param>
    public CircuitSides OfLayer(int layer, Circuit circuit)
    {
        var (heads, width) = (context.Model.Config.NHeads, context.Model.Config.DModel);
        float[] left = [], right = [];
        var rank = 0;

        // Decompositions use one thread each, so heads go side by side.
        foreach (var (head, svd) in InOrder.Of(context, heads, head => Of(circuit, layer, head), _ => 2L * sizeof(double) * width * context.Model.Config.DHead).Index())
        {
            if (head == 0)
            {
                rank = svd.S.Length;
                (left, right) = (new float[heads * rank * width], new float[heads * rank * width]);
            }

            var norm = Math.Sqrt(svd.S.Sum(value => value * value));
            for (var index = 0; index < rank && norm > 0; index++)
            {
                for (var at = 0; at < width; at++)
                {
                    left[(((head * rank) + index) * width) + at] = (float)(svd.U[at, index] * svd.S[index] / norm);
                    right[(((head * rank) + index) * width) + at] = (float)(svd.V[at, index] * svd.S[index] / norm);
                }
            }
        }

        return new CircuitSides(new Matrix(left, heads * rank, width), new Matrix(right, heads * rank, width));
    }

    /// <summary>The score of every pair of heads: the Frobenius norm of each block of one product.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="writes">Right side of the circuits that write, <c>(heads * d_head) x d_model</c>.</param>
    /// <param name="reads">The side that reads, likewise.</param>
    /// <param name="heads">Query heads.</param>
    public static IEnumerable<(int Head, int Other, double Score)> Scores(Compute compute, Matrix writes, Matrix reads, int heads)
    {
        var product = compute.Gram(writes.Transpose(), reads.Transpose());
        var rank = writes.Rows / heads;
        for (var head = 0; head < heads; head++)
        {
            for (var other = 0; other < heads; other++)
            {
                var sum = 0.0;
                for (var row = head * rank; row < (head + 1) * rank; row++)
                {
                    foreach (var value in product.Row(row).Slice(other * rank, rank))
                    {
                        sum += value * value;
                    }
                }

                yield return (head, other, Math.Sqrt(sum));
            }
        }
    }

    /// <summary>What decompositions cost.</summary>
    /// <param name="context">The run.</param>
    /// <param name="count">How many.</param>
    public static Cost CostOf(AnalysisContext context, double count)
    {
        double d = context.Model.Config.DModel, r = context.Model.Config.DHead;

        // QR of two factors with their orthogonal parts, Jacobi sweeps over the core, and the vectors.
        return new Cost(count * ((20 * d * r * r) + (120 * r * r * r)), context.Compute.Threads * sizeof(double) * ((8 * d * r) + (6 * r * r)));
    }
}
