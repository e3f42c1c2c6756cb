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
        var traits = new HashSet<Trait>();
        Add(Trait.Rotary, config.Positions == "rotary");
        Add(Trait.RotaryScaled, config.Positions == "rotary" && (config.RopeAttentionFactor != 1 || config.Metadata.ContainsKey("inv_freq_long")));
        Add(Trait.Alibi, config.Positions == "alibi");
        Add(Trait.Shortformer, config.Positions == "shortformer");
        Add(Trait.NoPositionEmbeddings, !has("pos_embed.W_pos"));
        Add(Trait.GroupedQuery, config.KeyValueHeads != config.NHeads);
        Add(Trait.QkNorm, has("blocks.0.attn.q_norm.w"));
        Add(Trait.PostNorm, config.NormPlacement == "post");
        Add(Trait.SublayerNorm, config.NormPlacement is "pre_and_post" or "after");
        Add(Trait.RmsNorm, config.Norm.StartsWith("RMS", StringComparison.Ordinal));
        Add(Trait.ScoreSoftCap, config.AttnScoresSoftCap > 0);
        Add(Trait.LogitSoftCap, config.OutputLogitsSoftCap > 0);
        Add(Trait.Bidirectional, config.AttentionDir == "bidirectional");
        Add(Trait.Windowed, config.WindowSize.Count > 0 && config.WindowSize.Any(window => window is not null));
        Add(Trait.AttentionOnly, config.AttnOnly);
        Add(Trait.GatedMlp, config.GatedMlp);
        Add(Trait.Experts, has("blocks.0.mlp.W_router"));
        Add(Trait.ParallelBlock, config.ParallelAttnMlp);
        Add(Trait.NoUnembed, !unembeds);
        Add(Trait.MaskedLmHead, has("mlm_head.W"));
        Add(Trait.NoTokenizer, !hasTokenizer);
        Add(Trait.Stitched, config.Metadata.ContainsKey("stitched"));
        Add(Trait.Tied, unembeds && config.Tied);
        Add(Trait.Untied, unembeds && !config.Tied);
        return traits;

        void Add(Trait trait, bool holds)
        {
            if (holds)
            {
                traits.Add(trait);
            }
        }
    }
}
