namespace PluginLens.Import.Gguf.Mapping;

/// <summary>What a block's norms are called in a GGUF file; null where an architecture has none there.</summary>
/// <param name="Ln1">Before the attention; behind it, where norms stand behind the sums.</param>
/// <param name="Ln2">Before the MLP, or behind it.</param>
/// <param name="Ln1Post">On the attention's output.</param>
/// <param name="Ln2Post">On the MLP's output.</param>
internal sealed record BlockNorms(string? Ln1, string? Ln2, string? Ln1Post = null, string? Ln2Post = null)
{
    /// <summary>Where a file has this norm too, it is the attention's, and the one called attn_norm is the MLP's.</summary>
    public const string OwnOfAttention = "attn_norm_2";

    public static readonly BlockNorms Before = new("attn_norm", "ffn_norm");
    public static readonly BlockNorms Behind = new("attn_output_norm", "layer_output_norm");
    public static readonly BlockNorms Around = new("attn_norm", "ffn_norm", "post_attention_norm", "post_ffw_norm");
    public static readonly BlockNorms OnOutputs = new(null, null, "post_attention_norm", "post_ffw_norm");

    /// <summary>As the metadata call it.</summary>
    public string Placement => this == Behind ? "post" : this == Around ? "pre_and_post" : this == OnOutputs ? "after" : "pre";
}
