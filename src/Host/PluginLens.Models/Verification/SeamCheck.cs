namespace PluginLens.Models.Verification;

/// <summary>What enters a stitched model's blocks is its donor's state times the map, recomputed in float64.</summary>
internal static class SeamCheck
{
    private const double Tolerance = 1e-5;

    /// <summary>Nothing for other models.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Activations.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model, ForwardSample sample)
    {
        if (model.Stitched is not { } seam)
        {
            yield break;
        }

        var map = model.Weight("stitch.K").AsMatrix();
        var states = States(model, sample, seam.Blocks, seam.LnF);
        var expected = new double[states.Length / map.Rows * map.Columns];
        for (var row = 0; row < states.Length / map.Rows; row++)
        {
            Float64.AddProduct(states.AsSpan(row * map.Rows, map.Rows), map, expected.AsSpan(row * map.Columns, map.Columns));
        }

        yield return ModelCheck.Within("seam: donor's state x K = hook_embed", Deviation.Of(sample.Whole["hook_embed"].Span, expected), Tolerance, "the map from the donor's states into the receiver's");
    }

    /// <summary>The donor's state, or what its final norm makes of it.</summary>
    private static double[] States(OnnxModel model, ForwardSample sample, int blocks, bool normed)
    {
        string[] places = normed ? ["donor.ln_final.hook_normalized"]
            : blocks == 0 ? ["donor.blocks.0.hook_resid_pre"]
            : [$"donor.blocks.{blocks - 1}.hook_normalized_resid_post", $"donor.blocks.{blocks - 1}.hook_resid_post"];
        var states = Array.ConvertAll(sample.Whole[places.First(model.Hooks.ContainsKey)].Data.ToArray(), value => (double)value);
        var gain = normed && model.HasWeight("donor.ln_final.w") ? model.Weight("donor.ln_final.w").Span : default;
        var bias = normed && model.HasWeight("donor.ln_final.b") ? model.Weight("donor.ln_final.b").Span : default;
        for (var at = 0; at < states.Length; at++)
        {
            states[at] = (states[at] * (gain.IsEmpty ? 1 : gain[at % gain.Length])) + (bias.IsEmpty ? 0 : bias[at % bias.Length]);
        }

        return states;
    }
}
