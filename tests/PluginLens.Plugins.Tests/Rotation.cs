using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>The same model in another basis of its residual stream.</summary>
internal static class Rotation
{
    /// <summary>An orthogonal matrix: Gram-Schmidt on random rows.</summary>
    public static double[,] Matrix(int d, int seed)
    {
        var random = new Random(seed);
        var q = new double[d, d];
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < d; j++)
            {
                q[i, j] = random.NextDouble() - 0.5;
            }

            for (var before = 0; before < i; before++)
            {
                var dot = Enumerable.Range(0, d).Sum(j => q[i, j] * q[before, j]);
                for (var j = 0; j < d; j++)
                {
                    q[i, j] -= dot * q[before, j];
                }
            }

            var length = Math.Sqrt(Enumerable.Range(0, d).Sum(j => q[i, j] * q[i, j]));
            for (var j = 0; j < d; j++)
            {
                q[i, j] /= length;
            }
        }

        return q;
    }

    /// <summary>Every vector x of the stream becomes x R.</summary>
    public static FakeModel Of(FakeModel model, int seed)
    {
        var r = Matrix(model.Config.DModel, seed);
        foreach (var name in model.WeightNames.Where(name => model.Weight(name).Shape.Count >= 2).ToList())
        {
            var weight = model.Weight(name);
            var rows = name.EndsWith("W_E", StringComparison.Ordinal) || name.EndsWith("W_pos", StringComparison.Ordinal) || name.EndsWith("W_out", StringComparison.Ordinal) || name.EndsWith("W_O", StringComparison.Ordinal);
            var columns = name.EndsWith("W_in", StringComparison.Ordinal) || name.EndsWith("W_U", StringComparison.Ordinal) || name[^2] == '_' && name[^1] is 'Q' or 'K' or 'V';
            if (rows)
            {
                model = model.WithWeight(name, Flat(Naive.Multiply(Naive.Dense(weight.AsMatrix()), r)), [.. weight.Shape]);
            }
            else if (columns && !name.Contains(".b_", StringComparison.Ordinal))
            {
                var heads = weight.Shape.Count == 2 ? [weight.AsMatrix()] : Enumerable.Range(0, weight.Shape[0]).Select(head => weight[head].AsMatrix());
                model = model.WithWeight(name, [.. heads.SelectMany(head => Flat(Naive.Multiply(Naive.Transpose(r), Naive.Dense(head))))], [.. weight.Shape]);
            }
        }

        return model;
    }

    private static float[] Flat(double[,] matrix) => [.. matrix.Cast<double>().Select(value => (float)value)];
}
