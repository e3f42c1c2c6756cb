namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Tokens as <c>--normed</c>, <c>--center</c>, <c>--cosine</c> and <c>--drop-flagged</c> compare them, in float64: normed and centred vocabularies are made whole.</summary>
internal static class NaiveComparison
{
    /// <summary>Rows minus their mean, where asked.</summary>
    public static double[][] Centred(double[][] rows, bool center)
    {
        if (!center)
        {
            return rows;
        }

        double[] mean = [.. Enumerable.Range(0, rows[0].Length).Select(at => rows.Average(row => row[at]))];
        return Array.ConvertAll(rows, row => row.Select((value, at) => value - mean[at]).ToArray());
    }

    /// <summary>A product, divided as asked; 0 where a divisor is 0.</summary>
    /// <param name="x">What the token is multiplied with, in the space of the residual stream.</param>
    /// <param name="token">The token's vector.</param>
    /// <param name="cosine">What it is divided by.</param>
    public static double Score(double[] x, double[] token, CosineOf cosine)
    {
        var divisor = Divisor(x, token, cosine);
        return divisor == 0 ? 0 : NaiveWeights.Dot(x, token) / divisor;
    }

    /// <summary>What a product is divided by.</summary>
    public static double Divisor(double[] x, double[] token, CosineOf cosine)
    {
        static double Length(double[] row) => Math.Sqrt(NaiveWeights.Dot(row, row));
        return cosine switch { CosineOf.None => 1, CosineOf.Output => Length(token), _ => Length(token) * Length(x) };
    }

    /// <summary>All scores of one vector.</summary>
    public static double[] Scores(double[] x, double[][] tokens, CosineOf cosine) => Array.ConvertAll(tokens, token => Score(x, token, cosine));

    /// <summary>Tokens under a norm of the model; as they are where it has none there.</summary>
    /// <param name="model">The model.</param>
    /// <param name="norm">Name of its weights, or null.</param>
    /// <param name="rows">The tokens.</param>
    /// <param name="biased">Whether the norm's bias is added.</param>
    public static double[][] Normed(Model model, string? norm, double[][] rows, bool biased)
    {
        if (norm is null)
        {
            return rows;
        }

        var bias = new NaiveWeights(model).Vector($"{norm}.b");
        return Array.ConvertAll(rows, row => NaivePatterns.Normed(model, norm, row).Select((value, at) => value - (biased ? 0 : bias?[at] ?? 0)).ToArray());
    }

    /// <summary>Tokens that are longer than a multiple of the median.</summary>
    public static bool[] Large(Model model, double factor)
    {
        var norms = Array.ConvertAll(new NaiveWeights(model).Rows("embed.W_E"), row => Math.Sqrt(NaiveWeights.Dot(row, row)));
        double[] sorted = [.. norms.Order()];
        var half = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
        return Array.ConvertAll(norms, norm => norm > factor * median);
    }
}
