namespace PluginLens.Models.Format;

/// <summary>Whether the sizes in the metadata fit each other. Whether they fit the weights is seen when the weights are looked up.</summary>
internal static class ConfigCheck
{
    private static readonly string[] Steps = ["fold_ln", "center_writing_weights", "center_unembed", "fold_value_biases", "refactor_attn"];

    /// <summary>Throws with the first contradiction.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="metadata">Where it came from.</param>
    /// <param name="folder">For the message.</param>
    public static void Check(ModelConfig config, Metadata metadata, string folder)
    {
        if (config.NHeads % config.KeyValueHeads != 0)
        {
            throw Bad($"{config.NHeads} query heads cannot share {config.KeyValueHeads} key-value heads");
        }

        if (config.RotaryDim > config.DHead || config.RotaryDim % 2 != 0 || (config.RotaryDim > 0 && config.InvFreq.Count != config.RotaryDim / 2))
        {
            throw Bad($"rotary_dim {config.RotaryDim} does not fit d_head {config.DHead} and {config.InvFreq.Count} frequencies");
        }

        if (config.Positions == "rotary" && config.RotaryDim == 0)
        {
            throw Bad("positions are rotary, but there is no rotary_dim");
        }

        if (config.WindowSize.Count > 0 && config.WindowSize.Count != config.NLayers)
        {
            throw Bad($"window_size has {config.WindowSize.Count} entries for {config.NLayers} layers");
        }

        if (config.WindowSize.Count > 0 && config.WindowSize.Any(window => window < 1))
        {
            throw Bad("window_size has an entry below 1");
        }

        if (config.DMlp == 0 && !config.AttnOnly)
        {
            throw Bad("d_mlp is missing, but attn_only is not true");
        }

        if (config.AttnScale <= 0)
        {
            throw Bad("attn_scale is 0");
        }

        var unknown = config.Processing.FirstOrDefault(step => !Steps.Contains(step));
        if (unknown is not null)
        {
            throw Bad($"processing step '{unknown}' is not known; expected {string.Join(", ", Steps)}");
        }

        if (metadata.TokenizerSize is < 1 || metadata.TokenizerSize > config.DVocab)
        {
            throw Bad($"the tokenizer knows {metadata.TokenizerSize} ids, the embedding has {config.DVocab} rows");
        }

        if (config.BosId is < 0 || config.BosId >= config.DVocab)
        {
            throw Bad($"bos_id {config.BosId} lies outside the vocabulary of {config.DVocab}");
        }

        ModelException Bad(string what) => new($"'{folder}': the metadata contradict themselves: {what}; export the model again.");
    }
}
