namespace PluginLens.Tokenizers.Splitting;

/// <summary>What becomes of the stretches that a split matches.</summary>
internal enum SplitBehavior
{
    Isolated,
    Removed,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}
