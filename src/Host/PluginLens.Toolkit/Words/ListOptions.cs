namespace PluginLens.Toolkit;

/// <summary>Options of analyses that list the words most similar to vectors and say themselves whether by cosine or dot product. A base for options records.</summary>
public record ListOptions : WordOptions
{
    /// <summary>Pool of the filter.</summary>
    [AtLeast(1)]
    [Help("Apply --bpe-filter to this many of the most similar tokens, as the original did with 100, so that lists may be short; empty = before ranking.")]
    public int? Pool { get; init; }
}
