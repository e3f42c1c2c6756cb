namespace PluginLens.Models.Verification;

/// <summary>The last steps of a model recomputed in float64, from the formulas and not from the graph.</summary>
internal static class Float64
{
    /// <summary>Adds x·W to a row.</summary>
    /// <param name="x">One row.</param>
    /// <param name="weight">As many rows as x has entries.</param>
    /// <param name="sum">Receives the sum.</param>
    public static void AddProduct(ReadOnlySpan<float> x, Matrix weight, Span<double> sum)
    {
        var wide = new double[x.Length];
        Add(x, wide);
        AddProduct(wide, weight, sum);
    }

    /// <summary>Adds x·W to a row.</summary>
    /// <param name="x">One row.</param>
    /// <param name="weight">As many rows as x has entries.</param>
    /// <param name="sum">Receives the sum.</param>
    public static void AddProduct(ReadOnlySpan<double> x, Matrix weight, Span<double> sum)
    {
        if (weight.HasContiguousRows)
        {
            for (var at = 0; at < x.Length; at++)
            {
                AddScaled(weight.Row(at), x[at], sum);
            }

            return;
        }

        // A tied unembedding: the columns of W are the rows of the embedding.
        var columns = weight.Transpose();
        for (var column = 0; column < columns.Rows; column++)
        {
            var row = columns.Row(column);
            for (var at = 0; at < x.Length; at++)
            {
                sum[column] += x[at] * row[at];
            }
        }
    }

    /// <summary>The dot product of two rows.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        var sum = 0.0;
        for (var at = 0; at < x.Length; at++)
        {
            sum += (double)x[at] * y[at];
        }

        return sum;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="row">What to add.</param>
    /// <param name="sum">Receives the sum.</param>
    public static void Add(ReadOnlySpan<float> row, Span<double> sum) => AddScaled(row, 1, sum);

    /// <summary>A norm of the model in place: centred and divided, then gain and bias where there are any.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">E.g. <c>ln_final</c>.</param>
    /// <param name="row">One row, changed.</param>
    public static void Norm(Model model, string name, Span<double> row)
    {
        double mean = 0, square = 0;
        if (model.Config.Norm.StartsWith("LN", StringComparison.Ordinal))
        {
            foreach (var value in row)
            {
                mean += value / row.Length;
            }
        }

        foreach (var value in row)
        {
            square += (value - mean) * (value - mean) / row.Length;
        }

        var gain = model.HasWeight($"{name}.w") ? model.Weight($"{name}.w").Span : default;
        var bias = model.HasWeight($"{name}.b") ? model.Weight($"{name}.b").Span : default;
        var scale = Math.Sqrt(square + model.Config.Eps);
        for (var at = 0; at < row.Length; at++)
        {
            row[at] = ((row[at] - mean) / scale * (gain.IsEmpty ? 1 : gain[at])) + (bias.IsEmpty ? 0 : bias[at]);
        }
    }

    /// <summary>An activation function by its name in the metadata.</summary>
    /// <param name="name">gelu, gelu_new, gelu_tanh, relu, silu.</param>
    /// <param name="x">Argument.</param>
    public static double Activation(string name, double x) => name switch
    {
        "gelu" => x * (1 + Erf(x / Math.Sqrt(2))) / 2,
        "gelu_new" or "gelu_tanh" => x * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))) / 2,
        "relu" => Math.Max(x, 0),
        "silu" => x / (1 + Math.Exp(-x)),
        _ => throw new ModelException($"The metadata name the activation '{name}', which is not known; export the model again."),
    };

    /// <summary>2x/√π e^(-x²) Σ (2x²)ⁿ / (2n+1)!!: every term is positive, so nothing cancels.</summary>
    private static double Erf(double x)
    {
        if (Math.Abs(x) > 6)
        {
            return Math.Sign(x);
        }

        double term = 1, sum = 1;
        for (var n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 * x / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static void AddScaled(ReadOnlySpan<float> row, double factor, Span<double> sum)
    {
        for (var at = 0; at < row.Length; at++)
        {
            sum[at] += factor * row[at];
        }
    }
}
