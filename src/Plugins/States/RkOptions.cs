namespace PluginLens.Plugins.States;

/// <summary>Options of <c>rk-overlap</c> and <c>rk-final</c>.</summary>
public sealed record RkOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers whose parameters are scored: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Size of the sets.</summary>
    [AtLeast(1)]
    [Help("Tokens per set.")]
    public int K { get; init; } = 100;

    /// <summary>Active parameters.</summary>
    [AtLeast(1)]
    [Help("Most active parameters that are united at each position (the authors' code: 5).")]
    public int M { get; init; } = 5;

    /// <summary>ASCII only.</summary>
    [Help("Drop tokens that are not ASCII from both sets and divide by what is left.")]
    public bool OnlyAscii { get; init; }

    /// <summary>Masked-LM head.</summary>
    [Help("BERT and its kin: take states through the masked-LM head, which stands before the unembedding.")]
    public bool Head { get; init; }

    /// <summary>Cap.</summary>
    [AtLeast(0)]
    [Help("Positions scored, from the start of the prompts; 0 = all (the authors' code: 1000).")]
    public int Positions { get; init; }

    /// <summary>Baseline.</summary>
    [Help("Baseline from random pairings of the positions (another permutation for each layer and group) with this seed instead of the exact mean over all pairings.")]
    public int? Shuffle { get; init; }

    /// <summary>Positions left out.</summary>
    [Help("Leave out positions whose state's best token is one of these ids (a variant of the authors': 13,262,257,318,290,286,11,338,284 of GPT-2).")]
    public int[] SkipTop { get; init; } = [];

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Padding ids.</summary>
    [Help("Ids beyond the tokenizer (padding of the vocabulary, without text): keep or drop.")]
    public Padding Padding { get; init; } = Padding.Drop;

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for what reads the stream, W_U for what writes it and for hidden states; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>The scores of one parameter group in one layer.</summary>
/// <param name="Layer">Layer of the parameters.</param>
/// <param name="Group"><c>K</c>, <c>V</c>, <c>W_V</c> or <c>W_O</c>.</param>
/// <param name="Rk">Mean share of a state's top-k that the most active parameters at its position cover, 0 to 1.</param>
/// <param name="Random">The same with parameters that were active at other positions (the baseline).</param>
/// <param name="Positions">Positions scored.</param>
public sealed record RkRow(int Layer, string Group, double Rk, double Random, int Positions);
