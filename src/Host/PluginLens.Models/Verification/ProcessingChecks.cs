namespace PluginLens.Models.Verification;

/// <summary>The weights are what the processing in the metadata would have made of them.</summary>
internal static class ProcessingChecks
{
    /// <summary>One or more checks for each step; none for raw weights.</summary>
    /// <param name="model">The model.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model)
    {
        var steps = model.Config.Processing;
        var tolerance = Rounding.Of(model);
        foreach (var step in steps)
        {
            foreach (var check in step switch
            {
                "fold_ln" => FoldLn(model, tolerance),
                "center_writing_weights" => [Means(model, "center_writing_weights: writers have no mean", Writers(model), overColumns: true, tolerance)],
                "center_unembed" => [Means(model, "center_unembed: no mean over the vocabulary", ["unembed.W_U", "unembed.b_U"], overColumns: true, tolerance)],
                "fold_value_biases" => [NoValueBiases(model)],
                "refactor_attn" => [OrthonormalOutputs(model, tolerance)],
                _ => [ModelCheck.Of(step, false, $"the metadata name the step '{step}', which this program does not know; update it or export the model again")],
            })
            {
                yield return check;
            }
        }
    }

    private static IEnumerable<ModelCheck> FoldLn(OnnxModel model, double tolerance)
    {
        var norms = Names(model, "ln1", "ln2").Append("ln_final");
        var left = norms.FirstOrDefault(norm => !IsAll(model, $"{norm}.w", 1) || !IsAll(model, $"{norm}.b", 0));
        yield return ModelCheck.Of("fold_ln: norms without gain and bias", left is null && model.Config.Norm.EndsWith("Pre", StringComparison.Ordinal), left is null
            ? $"norm is {model.Config.Norm}; no gain but 1, no bias but 0 before a reader"
            : $"'{left}' still has a gain or a bias; export the model again");
        if (model.Config.Norm == "LNPre")
        {
            yield return Means(model, "fold_ln: readers have no mean", Names(model, "attn.W_Q", "attn.W_K", "attn.W_V", "mlp.W_in").Append("unembed.W_U"), overColumns: false, tolerance);
        }
    }

    private static IEnumerable<string> Writers(OnnxModel model) =>
        new[] { "embed.W_E", "pos_embed.W_pos", "token_type_embed.W_token_type" }.Concat(Names(model, "attn.W_O", "attn.b_O", "mlp.W_out", "mlp.b_out"));

    private static IEnumerable<string> Names(OnnxModel model, params string[] parts) =>
        Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => parts.Select(part => $"blocks.{layer}.{part}"));

    private static bool IsAll(OnnxModel model, string name, float value) => !model.HasWeight(name) || model.Weight(name).Span.IndexOfAnyExcept(value) < 0;

    /// <summary>Largest mean relative to the largest entry: over the last dimension, or over the last but one.</summary>
    private static ModelCheck Means(OnnxModel model, string name, IEnumerable<string> weights, bool overColumns, double tolerance)
    {
        var (worst, where) = (0.0, "all of them");
        foreach (var weight in weights.Where(model.HasWeight))
        {
            var tensor = model.Weight(weight);
            var mean = overColumns ? LargestRowMean(tensor) : LargestColumnMean(tensor);
            (worst, where) = mean > worst ? (mean, weight) : (worst, where);
        }

        return ModelCheck.Within(name, worst, tolerance, $"relative to the tensor's largest entry; worst: {where}");
    }

    private static double LargestRowMean(Tensor tensor)
    {
        var width = tensor.Shape[^1];
        var (worst, largest) = (0.0, 0.0);
        for (var at = 0; at < tensor.Data.Length; at += width)
        {
            var sum = 0.0;
            foreach (var value in tensor.Span.Slice(at, width))
            {
                sum += value;
                largest = Math.Max(largest, Math.Abs(value));
            }

            worst = Math.Max(worst, Math.Abs(sum / width));
        }

        return largest == 0 ? 0 : worst / largest;
    }

    private static double LargestColumnMean(Tensor tensor)
    {
        var (rows, columns) = (tensor.Shape[^2], tensor.Shape[^1]);
        var (worst, largest) = (0.0, 0.0);
        for (var start = 0; start < tensor.Data.Length; start += rows * columns)
        {
            var sums = new double[columns];
            for (var at = 0; at < rows * columns; at++)
            {
                double value = tensor.Span[start + at];
                sums[at % columns] += value;
                largest = Math.Max(largest, Math.Abs(value));
            }

            worst = Math.Max(worst, sums.Max(sum => Math.Abs(sum / rows)));
        }

        return largest == 0 ? 0 : worst / largest;
    }

    private static ModelCheck NoValueBiases(OnnxModel model)
    {
        var left = Names(model, "attn.b_V").FirstOrDefault(name => !IsAll(model, name, 0));
        return ModelCheck.Of("fold_value_biases: b_V = 0", left is null, left is null ? "every b_V is 0 or absent" : $"'{left}' is not 0; export the model again");
    }

    private static ModelCheck OrthonormalOutputs(OnnxModel model, double tolerance)
    {
        var worst = 0.0;
        foreach (var output in Names(model, "attn.W_O").SelectMany(name => Enumerable.Range(0, model.Config.NHeads).Select(head => model.Weight(name)[head].AsMatrix())))
        {
            for (var i = 0; i < output.Rows; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var dot = Float64.Dot(output.Row(i), output.Row(j));
                    worst = Math.Max(worst, Math.Abs(dot - (i == j ? 1 : 0)));
                }
            }
        }

        return ModelCheck.Within("refactor_attn: W_O has orthonormal rows", worst, 2 * tolerance, "W_O W_Oᵀ against the identity, every head");
    }
}
