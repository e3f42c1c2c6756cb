namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Matrices of heads and MLPs with norms put in, products formed, decompositions by the textbook: all d_model x d_model, all in float64.</summary>
/// <param name="model">The model.</param>
/// <param name="fold">What of the norms is put in.</param>
internal sealed class NaiveCircuits(Model model, NormFolding fold)
{
    private readonly NaiveWeights _weights = new(model);

    private bool Centres => fold == NormFolding.Full && model.Config.Norm.StartsWith("LN", StringComparison.Ordinal);

    /// <summary>Whether norms can be put in.</summary>
    public static bool Folds(Model model) => model.Config.NormPlacement is not ("post" or "after") && model.Config.Positions != "shortformer";

    /// <summary><c>W_Q</c>, <c>W_K</c>, <c>W_V</c> (d_model x d_head), <c>W_O</c> (d_head x d_model), <c>W_QK</c> or <c>W_OV</c> (d_model x d_model).</summary>
    public double[][] Head(int layer, int head, string matrix)
    {
        switch (matrix)
        {
            case "W_QK":
                return NaiveWeights.Products(Head(layer, head, "W_Q"), Head(layer, head, "W_K"));
            case "W_OV":
                return NaiveWeights.Multiply(Head(layer, head, "W_V"), Head(layer, head, "W_O"));
            default:
                var name = $"blocks.{layer}.attn.{matrix}";
                var stored = _weights.Head(name, _weights.Stored(name, head));
                return matrix == "W_O" ? Written(stored) : Read(stored, $"blocks.{layer}.ln1.w");
        }
    }

    /// <summary>Neurons as rows: what they read with, or what they write, <c>d_mlp x d_model</c>.</summary>
    public double[][] Neurons(int layer, string matrix)
    {
        var stored = _weights.Rows($"blocks.{layer}.mlp.{matrix}");
        var second = $"blocks.{layer}.ln2.w";
        return matrix == "W_out" ? Written(stored) : NaiveWeights.Transposed(Read(stored, model.HasWeight(second) ? second : $"blocks.{layer}.ln1.w"));
    }

    /// <summary>A token as the matrices meet it: under the final norm's gain on the writing side, without its mean where norms take it away.</summary>
    public double[][] Vocabulary(bool writes)
    {
        var gain = writes && fold != NormFolding.None ? _weights.Vector("ln_final.w") : null;
        return Array.ConvertAll(_weights.Vocabulary(writes), row => Centred([.. row.Select((value, at) => value * (gain?[at] ?? 1))]));
    }

    /// <summary>Singular values, largest first, as roots of the eigenvalues of <c>MᵀM</c> (or <c>MMᵀ</c>, where that is smaller).</summary>
    public static double[] SingularValues(double[][] m) =>
        [.. NaiveAlgebra.Eigenvalues(NaiveAlgebra.Gram(m.Length < m[0].Length ? NaiveWeights.Transposed(m) : m)).Select(value => Math.Sqrt(Math.Max(0, value)))];

    /// <summary>The first singular directions: powers of <c>MᵀM</c> until one direction is left, then the rest of M. The component of largest magnitude of v is positive.</summary>
    public static List<(double[] U, double S, double[] V)> Directions(double[][] m, int count)
    {
        var found = new List<(double[] U, double S, double[] V)>();
        for (; found.Count < count; m = [.. m.Select((row, i) => row.Select((value, j) => value - (found[^1].S * found[^1].U[i] * found[^1].V[j])).ToArray())])
        {
            var power = NaiveAlgebra.Gram(m);
            for (var squaring = 0; squaring < 14; squaring++)
            {
                var largest = power.Max(row => row.Max(Math.Abs));
                power = Array.ConvertAll(power, row => Array.ConvertAll(row, value => value / largest));
                power = NaiveWeights.Products(power, power);
            }

            var v = power.MaxBy(row => NaiveWeights.Dot(row, row))!;
            var scale = Math.Sqrt(NaiveWeights.Dot(v, v)) * Math.Sign(v.MaxBy(Math.Abs));
            v = Array.ConvertAll(v, value => value / scale);
            var image = Array.ConvertAll(m, row => NaiveWeights.Dot(row, v));
            var s = Math.Sqrt(NaiveWeights.Dot(image, image));
            found.Add((Array.ConvertAll(image, value => value / s), s, v));
        }

        return found;
    }

    /// <summary>Frobenius norm.</summary>
    public static double Norm(double[][] m) => Math.Sqrt(m.Sum(row => NaiveWeights.Dot(row, row)));

    private double[][] Read(double[][] weight, string norm)
    {
        var gain = fold == NormFolding.None ? null : _weights.Vector(norm);
        var columns = NaiveWeights.Transposed(weight);
        return NaiveWeights.Transposed(Array.ConvertAll(columns, column => Centred([.. column.Select((value, at) => value * (gain?[at] ?? 1))])));
    }

    private double[][] Written(double[][] weight) => Array.ConvertAll(weight, Centred);

    private double[] Centred(double[] row)
    {
        var mean = Centres ? row.Average() : 0;
        return Array.ConvertAll(row, value => value - mean);
    }
}
