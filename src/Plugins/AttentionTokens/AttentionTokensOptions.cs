namespace PluginLens.Plugins.AttentionTokens;

/// <summary>Options of <c>attention-tokens</c>.</summary>
public sealed record AttentionTokensOptions : AttentionReadingOptions
{
    /// <summary>What is read.</summary>
    [Help("What is read as tokens, of: hadamard (q times k, element by element), dot (q · k in every coordinate), q, k, v.")]
    public AttentionComponent[] Components { get; init; } = Enum.GetValues<AttentionComponent>();

    /// <summary>The document's layout.</summary>
    [Help("table, or document: also the document's eight columns in a file of their own, head by head, with -1 above the diagonal.")]
    public Layout Layout { get; init; }
}

/// <summary>How vectors of attention are read as tokens.</summary>
public record AttentionReadingOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers, e.g. 0, -1, 0-3.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>How a vector of a head becomes a vector of the stream.</summary>
    [Help("wo: c W_O, what the head would write; utils: (sum over rows of W_V c) times (column sums of W_O), as the published code computes it.")]
    public TokenProjection Projection { get; init; }

    /// <summary>b_U.</summary>
    [Help("Whether the bias of the logits (b_U, and the final norm's through W_U) counts: with it the published tokens come out, which are mostly those of the largest bias.")]
    public OnOff UnembedBias { get; init; }

    /// <summary>Which factors.</summary>
    [Help("svd: balanced singular factors of W_Q W_K^T and W_V W_O; raw: the weights' own; auto: svd, but raw for rotary models, whose rotation lies between q and k.")]
    public HeadFactoring Factor { get; init; }

    /// <summary>After the rotation.</summary>
    [Help("Rotary models: q and k after their rotation.")]
    public bool Rotated { get; init; }

    /// <summary>Random prompts.</summary>
    [Help("Read random prompts instead of given ones: single (one token repeated), random, pattern (three tokens repeated); none: the prompts given.")]
    public RandomInput Random { get; init; }

    /// <summary>How many.</summary>
    [AtLeast(1)]
    [Help("Random prompts.")]
    public int Count { get; init; } = 32;
}

/// <summary>A vector of attention that is read as a token.</summary>
public enum AttentionComponent
{
    /// <summary>Query times key, element by element.</summary>
    Hadamard,

    /// <summary>Their scalar product, in every coordinate.</summary>
    Dot,

    /// <summary>The query.</summary>
    Q,

    /// <summary>The key.</summary>
    K,

    /// <summary>The value.</summary>
    V,
}

/// <summary>How a vector of a head is brought into the residual stream.</summary>
public enum TokenProjection
{
    /// <summary><c>c W_O</c>.</summary>
    Wo,

    /// <summary><c>(W_V c) * (1ᵀ W_O)</c>, element by element: as the published code has it.</summary>
    Utils,
}

/// <summary>Which factors of a head's two products are used.</summary>
public enum HeadFactoring
{
    /// <summary>Singular factors; the weights' own for rotary models.</summary>
    Auto,

    /// <summary>Singular factors.</summary>
    Svd,

    /// <summary>The weights' own.</summary>
    Raw,
}

/// <summary>Whether something counts.</summary>
public enum OnOff
{
    /// <summary>It does.</summary>
    On,

    /// <summary>It does not.</summary>
    Off,
}
