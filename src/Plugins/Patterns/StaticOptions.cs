namespace PluginLens.Plugins.Patterns;

/// <summary>What the analyses of words without context have in common.</summary>
public record StaticOptions : ListOptions
{
    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 15;

    /// <summary>Side.</summary>
    [Help("query: what the word looks for, x W_Q W_K^T; key: which words look for it, x W_K W_Q^T.")]
    public PatternSide Side { get; init; }

    /// <summary>Score.</summary>
    [Help("cosine or dot: how a pattern is compared with the rows of W_E.")]
    public Similarity Score { get; init; }

    /// <summary>Biases.</summary>
    [Help("Add the bias of the word's own side (b_Q or b_K) before the pattern is made.")]
    public bool Biases { get; init; }

    /// <summary>Form of the words.</summary>
    [Help("spaced: words as inside a text, with a leading space where the vocabulary has such tokens; bare: as they are.")]
    public WordForm Form { get; init; }

    /// <summary>Layout.</summary>
    [Help("document: also a file in the layout of McCormick's notebook; needs --out.")]
    public Layout Layout { get; init; }
}
