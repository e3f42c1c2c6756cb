namespace PluginLens.Models.Verification;

/// <summary>Attention patterns are distributions over the keys that a query may see.</summary>
internal static class PatternChecks
{
    private const double Tolerance = 1e-5;

    /// <summary>Rows sum to 1; later and masked keys get 0.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Activations.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model, ForwardSample sample)
    {
        double sums = 0, hidden = 0;
        for (var layer = 0; layer < model.Config.NLayers; layer++)
        {
            var pattern = sample.Whole[$"blocks.{layer}.attn.hook_pattern"];
            var (heads, length) = (pattern.Shape[1], pattern.Shape[2]);
            for (var row = 0; row < pattern.Data.Length / length; row++)
            {
                var weights = pattern.Span.Slice(row * length, length);
                var (sum, query, batch) = (0.0, row % length, row / length / heads);
                for (var key = 0; key < length; key++)
                {
                    sum += weights[key];
                    hidden = Visible(model, sample, batch, query, key, layer) ? hidden : Math.Max(hidden, Math.Abs(weights[key]));
                }

                sums = Math.Max(sums, double.IsNaN(sum) ? double.PositiveInfinity : Math.Abs(sum - 1));
            }
        }

        yield return ModelCheck.Within("pattern rows sum to 1", sums, Tolerance, "every head, every query");
        yield return ModelCheck.Within("hidden keys get no attention", hidden, 0, model.Config.AttentionDir == "causal" ? "later keys, and keys outside the window" : "padding");
    }

    private static bool Visible(OnnxModel model, ForwardSample sample, int batch, int query, int key, int layer)
    {
        if (model.Config.AttentionDir != "causal")
        {
            return sample.Input.AttentionMask![batch][key] == 1;
        }

        var window = layer < model.Config.WindowSize.Count ? model.Config.WindowSize[layer] : null;
        return key <= query && (window is null || key > query - window);
    }
}
