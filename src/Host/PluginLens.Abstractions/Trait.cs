namespace PluginLens;

/// <summary>What about a model can make an analysis approximate or meaningless. A model has any number of them.</summary>
public enum Trait
{
    /// <summary>Rotary positions: q and k are rotated before their dot product.</summary>
    Rotary,

    /// <summary>Rotary positions whose table is scaled by a factor (longrope): even offset 0 carries the factor.</summary>
    RotaryScaled,

    /// <summary>ALiBi: a bias by distance is added to the attention scores.</summary>
    Alibi,

    /// <summary>Learned positions added to the inputs of q and k only.</summary>
    Shortformer,

    /// <summary>No learned position embeddings (rotary, ALiBi or none).</summary>
    NoPositionEmbeddings,

    /// <summary>Fewer key-value heads than query heads.</summary>
    GroupedQuery,

    /// <summary>A norm on q and k after their projection.</summary>
    QkNorm,

    /// <summary>Norms after each residual sum (BERT, OpenAI GPT).</summary>
    PostNorm,

    /// <summary>Norms after the sublayers, before their sum with the residual stream (Gemma-2, OLMo-2).</summary>
    SublayerNorm,

    /// <summary>RMSNorm instead of LayerNorm.</summary>
    RmsNorm,

    /// <summary>Attention scores pass through cap·tanh(x/cap).</summary>
    ScoreSoftCap,

    /// <summary>Logits pass through cap·tanh(x/cap).</summary>
    LogitSoftCap,

    /// <summary>Attention sees both directions (encoders).</summary>
    Bidirectional,

    /// <summary>Some layers attend within a window only.</summary>
    Windowed,

    /// <summary>No MLPs.</summary>
    AttentionOnly,

    /// <summary>Gated MLPs: hook_post = act(x W_gate) * (x W_in).</summary>
    GatedMlp,

    /// <summary>Mixture of experts instead of one MLP.</summary>
    Experts,

    /// <summary>Attention and MLP read the same residual stream: no hook_resid_mid.</summary>
    ParallelBlock,

    /// <summary>No unembedding: an encoder without a head.</summary>
    NoUnembed,

    /// <summary>A masked-LM head (dense, activation, norm) stands before the unembedding.</summary>
    MaskedLmHead,

    /// <summary>No tokenizer: tokens have ids but no text.</summary>
    NoTokenizer,

    /// <summary>What enters block 0 is another model's mapped state, not an embedding of the token (see <see cref="Seam"/>).</summary>
    Stitched,

    /// <summary>W_U is W_E transposed.</summary>
    Tied,

    /// <summary>W_U is a matrix of its own.</summary>
    Untied,
}
