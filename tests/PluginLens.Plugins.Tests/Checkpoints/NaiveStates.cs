namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Hidden states as the final norm and the unembedding read them, in float64.</summary>
internal static class NaiveStates
{
    /// <summary>Whether the model norms after each sum: its states are the outputs of these norms.</summary>
    public static bool IsPostNorm(Model model) => model.Config.NormPlacement == "post";

    /// <summary>The hook of a block's output.</summary>
    public static string Output(Model model, int layer) => $"blocks.{layer}.{(IsPostNorm(model) ? "hook_normalized_resid_post" : "hook_resid_post")}";

    /// <summary>One position of an activation <c>[1,pos,…]</c>, flattened.</summary>
    public static double[] At(Tensor activation, int position)
    {
        var width = activation.Data.Length / activation.Shape[1];
        return Array.ConvertAll(activation.Data.Slice(position * width, width).ToArray(), value => (double)value);
    }

    /// <summary><c>(x - mean) / sqrt(var + eps) w + b</c>; RMSNorm without mean and b, folded models without w and b. Post-norm models have none.</summary>
    public static double[] Normed(Model model, double[] x)
    {
        if (IsPostNorm(model))
        {
            return x;
        }

        var weights = new NaiveWeights(model);
        var (gain, shift) = (weights.Vector("ln_final.w"), weights.Vector("ln_final.b"));
        var mean = model.Config.Norm is "RMS" or "RMSPre" ? 0 : x.Average();
        var scale = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + model.Config.Eps);
        return [.. x.Select((value, at) => ((value - mean) / scale * (gain?[at] ?? 1)) + (shift?[at] ?? 0))];
    }

    /// <summary>Products with every token, plus b_U where asked and present.</summary>
    public static double[] Logits(Model model, double[] state, double[][] vocabulary, bool biased)
    {
        var bias = biased ? new NaiveWeights(model).Vector("unembed.b_U") : null;
        return [.. vocabulary.Select((token, id) => NaiveWeights.Dot(state, token) + (bias?[id] ?? 0))];
    }
}
