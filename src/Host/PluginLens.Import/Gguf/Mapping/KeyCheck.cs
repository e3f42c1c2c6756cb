namespace PluginLens.Import.Gguf.Mapping;

/// <summary>Keys that change what a model computes, where its architecture is not known to have them: such a file is of a variant that would be computed wrongly.</summary>
internal static class KeyCheck
{
    private static readonly string[] Scales =
        ["attention.clamp_kqv", "attention.scale", "attn_logit_softcapping", "final_logit_softcapping", "embedding_scale", "residual_scale", "logit_scale"];

    /// <summary>Throws with the first one.</summary>
    /// <param name="kind">The architecture.</param>
    /// <param name="keys">The model's keys.</param>
    public static void RefuseVariants(Architecture kind, ModelKeys keys)
    {
        foreach (var key in Scales.Except(kind.Scales).Where(k => keys.Number(k) is not (null or 0)))
        {
            throw Variant(kind, keys, key);
        }

        foreach (var (key, isKnown) in new[] { ("attention.sliding_window", kind.WindowPeriod > 0), ("expert_count", kind.WithExperts is not null), ("attention.max_alibi_bias", kind.Positions == "alibi") })
        {
            if (!isKnown && keys.Number(key) is not (null or 0))
            {
                throw Variant(kind, keys, key);
            }
        }

        if (keys.Flag("attention.causal") == kind.Encoder)
        {
            throw Variant(kind, keys, "attention.causal");
        }

        if (kind.Parallel is { } parallel && keys.Flag("use_parallel_residual") == !parallel)
        {
            throw Variant(kind, keys, "use_parallel_residual");
        }
    }

    private static ModelException Variant(Architecture kind, ModelKeys keys, string key) =>
        new($"'{keys.File}' has {keys.Name(key)} {keys.Find(key)!.Text()}, which no {kind.Key} model that is known here has; it is of a variant that would " +
            $"be computed wrongly.");
}
