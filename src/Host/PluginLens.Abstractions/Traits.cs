namespace PluginLens;

/// <summary>Derives the traits of a model from its configuration and the weights it has.</summary>
internal static class Traits
{
    /// <summary>Every trait that holds.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="has">Whether a weight exists.</param>
    /// <param name="hasTokenizer">Whether there are tokenizer files.</param>
    public static HashSet<Trait> Of(ModelConfig config, Func<string, bool> has, bool hasTokenizer)
    {
        var unembeds = has("unembed.W_U");
        (Trait Trait, bool Holds)[] all =
        [
            (Trait.Rotary, config.Positions == "rotary"),
            (Trait.RotaryScaled, config.Positions == "rotary" && (config.RopeAttentionFactor != 1 || config.Metadata.ContainsKey("inv_freq_long"))),
            (Trait.Alibi, config.Positions == "alibi"),
            (Trait.Shortformer, config.Positions == "shortformer"),
            (Trait.NoPositionEmbeddings, !has("pos_embed.W_pos")),
            (Trait.GroupedQuery, config.KeyValueHeads != config.NHeads),
            (Trait.QkNorm, has("blocks.0.attn.q_norm.w")),
            (Trait.PostNorm, config.NormPlacement == "post"),
            (Trait.SublayerNorm, config.NormPlacement is "pre_and_post" or "after"),
            (Trait.RmsNorm, config.Norm.StartsWith("RMS", StringComparison.Ordinal)),
            (Trait.ScoreSoftCap, config.AttnScoresSoftCap > 0),
            (Trait.LogitSoftCap, config.OutputLogitsSoftCap > 0),
            (Trait.Bidirectional, config.AttentionDir == "bidirectional"),
            (Trait.Windowed, config.WindowSize.Any(window => window is not null)),
            (Trait.AttentionOnly, config.AttnOnly),
            (Trait.GatedMlp, config.GatedMlp),
            (Trait.Experts, has("blocks.0.mlp.W_router")),
            (Trait.ParallelBlock, config.ParallelAttnMlp),
            (Trait.NoUnembed, !unembeds),
            (Trait.MaskedLmHead, has("mlm_head.W")),
            (Trait.NoTokenizer, !hasTokenizer),
            (Trait.Stitched, config.Metadata.ContainsKey("stitched")),
            (Trait.Tied, unembeds && config.Tied),
            (Trait.Untied, unembeds && !config.Tied),
        ];
        return [.. all.Where(entry => entry.Holds).Select(entry => entry.Trait)];
    }
}
