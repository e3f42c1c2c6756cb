namespace PluginLens.Plugins.Ffn;

/// <summary>Options of <c>knowledge-lookup</c>.</summary>
public sealed record KnowledgeLookupOptions : VectorOptions
{
    /// <summary>Seed words.</summary>
    [Help("Seed words, separated by commas: python,java,javascript.")]
    public string[] Words { get; init; } = [];

    /// <summary>Inverted lookup.</summary>
    [Help("A word (one token): which FFN values have the largest product with it, and which heads can write it most.")]
    public string? Promotes { get; init; }

    /// <summary>Input of a pair.</summary>
    [Help("With --to: a word (one token) that heads attend to.")]
    public string? From { get; init; }

    /// <summary>Output of a pair.</summary>
    [Help("With --from: a word (one token); every head is ranked by how much it writes this word when it attends to the other.")]
    public string? To { get; init; }

    /// <summary>Which vectors.</summary>
    [Help("Vectors that are ranked: values or keys.")]
    public LookupOver Over { get; init; }

    /// <summary>Vectors shown.</summary>
    [AtLeast(1)]
    [Help("Vectors shown.")]
    public int Neurons { get; init; } = 5;

    /// <summary>Tokens per vector.</summary>
    [AtLeast(1)]
    [Help("Tokens per vector.")]
    public int K { get; init; } = 30;

    /// <summary>Sign of the value.</summary>
    [Help("Gated MLPs, with --over values: list the words of each value times the sign that W_in gives it over the 10 best tokens of the gate; the ranking of neurons stays.")]
    public bool Signed { get; init; }

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix of the words. auto: W_U for values, W_E for keys; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>Which FFN vectors are looked through.</summary>
public enum LookupOver
{
    /// <summary>FFN values.</summary>
    Values,

    /// <summary>FFN keys.</summary>
    Keys,
}
