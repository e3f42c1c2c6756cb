using PluginLens.Models.Format;

namespace PluginLens.Models.Verification;

/// <summary>The logit lens at the last layer is the model's own output: the head recomputed in float64 from the last residual stream.</summary>
internal static class LensCheck
{
    private const double Tolerance = 2e-5;

    /// <summary>Nothing for an encoder without a head.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Activations.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model, ForwardSample sample)
    {
        if (!model.HasWeight("unembed.W_U"))
        {
            yield break;
        }

        var logits = sample.Whole["logits"];
        var (width, vocabulary) = (model.Config.DModel, logits.Shape[2]);
        var last = $"blocks.{model.Config.NLayers - 1}.";
        var stream = sample.Whole[model.Config.NormPlacement == "post" ? $"{last}hook_normalized_resid_post" : $"{last}hook_resid_post"];
        var rows = Math.Min(logits.Shape[1], 6);
        var expected = new double[rows * vocabulary];
        for (var row = 0; row < rows; row++)
        {
            Logits(model, stream.Span.Slice(row * width, width), expected.AsSpan(row * vocabulary, vocabulary));
        }

        var deviation = Deviation.Of(logits.Span[..expected.Length], expected);
        yield return ModelCheck.Within("lens at the last layer = logits", deviation, Tolerance, $"head and unembedding in float64, {rows} positions, relative to the largest logit");
    }

    private static void Logits(OnnxModel model, ReadOnlySpan<float> stream, Span<double> logits)
    {
        var state = new double[stream.Length];
        Float64.Add(stream, state);
        if (model.HasWeight("mlm_head.W"))
        {
            state = MaskedLmHead(model, state);
        }

        if (model.Config.FinalNorm && model.Config.NormPlacement != "post")
        {
            Float64.Norm(model, "ln_final", state);
        }

        Float64.AddProduct(state, model.WU, logits);
        if (model.HasWeight("unembed.b_U"))
        {
            Float64.Add(model.Weight("unembed.b_U").Span, logits);
        }

        if (model.Config.OutputLogitsSoftCap is > 0 and var cap)
        {
            foreach (ref var logit in logits)
            {
                logit = cap * Math.Tanh(logit / cap);
            }
        }
    }

    private static double[] MaskedLmHead(OnnxModel model, double[] state)
    {
        var dense = new double[state.Length];
        Float64.AddProduct(state, model.Weight("mlm_head.W").AsMatrix(), dense);
        if (model.HasWeight("mlm_head.b"))
        {
            Float64.Add(model.Weight("mlm_head.b").Span, dense);
        }

        var activation = model.Config.Metadata.GetValueOrDefault("mlm_act", "gelu");
        for (var at = 0; at < dense.Length; at++)
        {
            dense[at] = Float64.Activation(activation, dense[at]);
        }

        Float64.Norm(model, "mlm_head.ln", dense);
        return dense;
    }
}
