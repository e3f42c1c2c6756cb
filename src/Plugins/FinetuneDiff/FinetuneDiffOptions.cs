namespace PluginLens.Plugins.FinetuneDiff;

/// <summary>Options of <c>finetune-diff</c>.</summary>
public sealed record FinetuneDiffOptions : VectorOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Parameter groups.</summary>
    [Help("Parameter groups, separated by commas; none = all that the models have.")]
    public ParameterGroup[] Group { get; init; } = [];

    /// <summary>Which vectors.</summary>
    [Help("Vectors shown of each group and layer: largest (those that moved farthest), lexicon (those with the most lexicon words) or random (with --seed, as the paper).")]
    public DiffSelection Select { get; init; }

    /// <summary>How many vectors.</summary>
    [AtLeast(0)]
    [Help("Vectors shown of each group and layer.")]
    public int Sample { get; init; } = 4;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 20;

    /// <summary>Tokens judged.</summary>
    [AtLeast(1)]
    [Help("Top tokens that the share of lexicon words is taken over.")]
    public int Pool { get; init; } = 30;

    /// <summary>Tokens of a classifier's row.</summary>
    [AtLeast(1)]
    [Help("Tokens listed of each classifier row, or of its difference where both models have a classifier.")]
    public int ClassifierK { get; init; } = 30;

    /// <summary>Threshold.</summary>
    [AtLeast(0)]
    [Help("Share of lexicon words from which a vector counts as good.")]
    public double Good { get; init; } = 0.25;

    /// <summary>Length of the ranking.</summary>
    [AtLeast(0)]
    [Help("Length of the ranking of all changed vectors by the size of their change.")]
    public int Changed { get; init; } = 20;

    /// <summary>Word list.</summary>
    [Help("File of opinion words, one a line; default: the Hu and Liu opinion lexicon that comes with this plugin.")]
    public string? Lexicon { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for what reads the stream, W_U for what writes it; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>Which vectors are shown.</summary>
public enum DiffSelection
{
    /// <summary>Those that moved farthest.</summary>
    Largest,

    /// <summary>Those with the largest share of lexicon words.</summary>
    Lexicon,

    /// <summary>A random sample.</summary>
    Random,
}
