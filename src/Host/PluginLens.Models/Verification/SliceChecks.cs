namespace PluginLens.Models.Verification;

/// <summary>A part of the graph computes what the whole computes.</summary>
internal static class SliceChecks
{
    private const double Tolerance = 2e-5;

    /// <summary>Starts at every block with the whole's residual stream, and runs to the output.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">The whole pass.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model, ForwardSample sample)
    {
        var (worst, layer) = (0.0, 0);
        for (var start = 0; start < model.Config.NLayers; start++)
        {
            var hook = $"blocks.{start}.hook_resid_pre";
            var input = sample.Input with { Replace = new Dictionary<string, Tensor> { [hook] = sample.Whole[hook] } };
            var deviation = Deviation.Of(model.Run(input, [sample.Output])[sample.Output].Span, sample.Whole[sample.Output].Span);
            (worst, layer) = deviation > worst ? (deviation, start) : (worst, layer);
        }

        yield return ModelCheck.Within("slices = the whole", worst, Tolerance, $"{sample.Output} from each block's input on; worst from block {layer}");
        var alone = model.Run(sample.Input, [sample.Output])[sample.Output];
        yield return ModelCheck.Within("output alone = output beside every hook", Deviation.Of(alone.Span, sample.Whole[sample.Output].Span), Tolerance, $"{sample.Output} of a slice without other outputs");
    }
}
