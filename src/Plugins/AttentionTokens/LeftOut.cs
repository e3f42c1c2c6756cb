namespace PluginLens.Plugins.AttentionTokens;

/// <summary>What stands between a vector of a head and the vocabulary that it is read in, and is left out: of every analysis here that reads vectors so.</summary>
internal static class LeftOut
{
    /// <summary>Of <see cref="Trait.PostNorm"/>.</summary>
    public const string PostNorm = "a norm follows each residual sum and is left out";

    /// <summary>Of <see cref="Trait.SublayerNorm"/>.</summary>
    public const string SublayerNorm = "a norm follows each sublayer and is left out";

    /// <summary>Of <see cref="Trait.NoUnembed"/>.</summary>
    public const string NoUnembed = "there is no unembedding: W_E stands in for it";

    /// <summary>Of <see cref="Trait.MaskedLmHead"/>.</summary>
    public const string MaskedLmHead = "the masked-LM head between the last block and the unembedding is left out";
}
