namespace PluginLens.Toolkit;

/// <summary>Options of analyses that list the words most similar to vectors: which words, what is flagged. A base for options records.</summary>
public record ListOptions : TokenFilter
{
    /// <summary>Filter of word pieces.</summary>
    [Help("Which tokens count as words: none (all do), round-trip (one id that decodes to itself), leading-space, alpha (letters only). Selects before ranking, so that lists stay full.")]
    public BpeFilter BpeFilter { get; init; }

    /// <summary>Pool of the filter.</summary>
    [AtLeast(1)]
    [Help("Apply --bpe-filter to this many of the most similar tokens, as the original did with 100, so that lists may be short; empty = before ranking.")]
    public int? Pool { get; init; }

    /// <summary>Threshold of the flag.</summary>
    [Help("Flag a list (column high_bias) where the mean bias of its tokens in the logits is beyond this, in either direction.")]
    public double HighBias { get; init; } = VocabularyBias.DefaultThreshold;
}
