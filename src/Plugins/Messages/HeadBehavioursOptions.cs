namespace PluginLens.Plugins.Messages;

/// <summary>Options of <c>head-behaviours</c>.</summary>
public sealed record HeadBehavioursOptions : PatternOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Words of each pattern and message that are looked at.")]
    public int K { get; init; } = 10;

    /// <summary>Reading.</summary>
    [Help("How messages are read; written: as the final norm scales them, without its bias, times W_U; cosine or dot: with W_E; final-norm: under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it. auto: written, or cosine for post-norm models and encoders.")]
    public MessageReading Read { get; init; }

    /// <summary>Biases of values.</summary>
    [Help("Leave b_V out of messages.")]
    public bool NoValueBias { get; init; }

    /// <summary>Self-attending.</summary>
    [AtLeast(0)]
    [Help("Self-attending: share of tokens that stand in the list of their own pattern, from which on the flag is set.")]
    public double MinSelf { get; init; } = 0.5;

    /// <summary>Identity.</summary>
    [AtLeast(0)]
    [Help("Identity message: share of tokens that stand in the list of their own message.")]
    public double MinIdentity { get; init; } = 0.5;

    /// <summary>Repeating.</summary>
    [AtLeast(0)]
    [Help("Repeating pattern or message: mean likeness of two tokens' patterns or messages.")]
    public double MinRepeat { get; init; } = 0.5;

    /// <summary>Likeness.</summary>
    [Help("What likeness is. jaccard: shared words of two lists over all of them; cosine: of the vectors themselves.")]
    public ListLikeness Alike { get; init; }

    /// <summary>First letter.</summary>
    [AtLeast(0)]
    [Help("First letter: share of listed words that begin as the token does.")]
    public double MinLetter { get; init; } = 0.5;

    /// <summary>Whose words.</summary>
    [Help("Whose words are looked at for the first letter: those of the message or of the pattern.")]
    public WordSide LetterOf { get; init; } = WordSide.Message;

    /// <summary>Predictive.</summary>
    [AtLeast(0)]
    [Help("Predictive: share of tokens whose message lists the token that follows, or the one that the model predicts.")]
    public double MinPredictive { get; init; } = 0.5;

    /// <summary>Trifecta.</summary>
    [AtLeast(0)]
    [Help("Trifecta: the least weight that counts, on a key that is neither the query itself nor the first token.")]
    public double Tau { get; init; } = 0.2;
}

/// <summary>How alike two lists are.</summary>
public enum ListLikeness
{
    /// <summary>Shared words over all words.</summary>
    Jaccard,

    /// <summary>Cosine of the vectors that the lists belong to.</summary>
    Cosine,
}
