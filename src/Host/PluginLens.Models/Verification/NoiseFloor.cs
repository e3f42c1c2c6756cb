namespace PluginLens.Models.Verification;

/// <summary>What float32 and the order of its sums cost in this model on this machine: a yardstick for every tolerance.</summary>
internal static class NoiseFloor
{
    /// <summary>The first sequence alone and beside the second.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The two together.</param>
    public static double OfBatch(OnnxModel model, ForwardSample sample)
    {
        var mask = sample.Input.AttentionMask is { } rows ? new[] { rows[0] } : null;
        var alone = model.Run(new ModelInput([sample.Input.Tokens[0]], mask), [sample.Output])[sample.Output];
        return Deviation.Of(alone.Span, sample.Whole[sample.Output][0].Span);
    }

    /// <summary>hook_z W_O of the first block, in float32 as the model computes it and in float64.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Activations.</param>
    public static double OfProduct(OnnxModel model, ForwardSample sample)
    {
        const string Attention = "blocks.0.attn";
        var (z, result, output) = (sample.Whole[$"{Attention}.hook_z"], sample.Whole[$"{Attention}.hook_result"], model.Weight($"{Attention}.W_O"));
        var config = model.Config;
        var expected = new double[result.Data.Length];
        for (var row = 0; row < z.Data.Length / config.DHead; row++)
        {
            Float64.AddProduct(z.Span.Slice(row * config.DHead, config.DHead), output[row % config.NHeads].AsMatrix(), expected.AsSpan(row * config.DModel, config.DModel));
        }

        return Deviation.Of(result.Span, expected);
    }
}
