namespace PluginLens.Toolkit;

/// <summary>b_Q, b_K or b_V of a head.</summary>
public static class HeadBias
{
    /// <summary>The bias, <c>[d_head]</c>; empty where the model has none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models have one for each key-value head in K and V.</param>
    /// <param name="matrix">Q, K or V.</param>
    public static ReadOnlySpan<float> Of(Model model, int layer, int head, HeadMatrix matrix)
    {
        var name = $"blocks.{layer}.attn.b_{matrix}";
        return model.HasWeight(name) ? model.Weight(name)[matrix == HeadMatrix.Q ? head : model.Config.KeyValueHeadOf(head)].Span : [];
    }
}
