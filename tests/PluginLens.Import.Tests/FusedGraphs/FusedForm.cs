namespace PluginLens.Import.Tests;

/// <summary>How an exporter writes down the attention of a rotary model.</summary>
internal enum FusedForm
{
    /// <summary>GroupQueryAttention that turns queries and keys itself.</summary>
    Grouped,

    /// <summary>The same with one matrix for queries, keys and values.</summary>
    GroupedPacked,

    /// <summary>The same on pairs side by side, the weights' columns in that order.</summary>
    GroupedInterleaved,

    /// <summary>RotaryEmbedding, then GroupQueryAttention.</summary>
    RotaryGrouped,

    /// <summary>RotaryEmbedding, keys repeated by plain operators, MultiHeadAttention with a causal mask added to its scores.</summary>
    MultiHead,

    /// <summary>The same with queries and keys as heads already when they are turned, a causal flag in place of the mask.</summary>
    MultiHeadFlag,
}
