namespace PluginLens.Toolkit;

/// <summary>Says what lists do with tokens whatever their text: the ids beyond the tokenizer, and those of a large norm.</summary>
public static class PaddingNote
{
    /// <summary>A clause for a note; null where the vocabulary has no padding and nothing was asked for.</summary>
    /// <param name="model">The model.</param>
    /// <param name="filter">The filter of the lists.</param>
    public static string? Of(Model model, TokenFilter filter) => NoteLine.Of(
        model.Tokenizer is { } tokenizer && tokenizer.Count < model.Config.DVocab
            ? $"{model.Config.DVocab - tokenizer.Count} padding ids {(IsKept(model, filter) ? "kept" : "dropped")}"
            : null,
        filter.DropFlagged
            ? FormattableString.Invariant($"{filter.LargeNorms(model).Count(large => large)} tokens of large norm dropped (above {filter.LargeNorm} x the median)")
            : null) is { Length: > 0 } note ? note : null;

    /// <summary>Ids without text pass no filter that looks at text; without one there is no mask.</summary>
    private static bool IsKept(Model model, TokenFilter filter) => filter.Padding == Padding.Keep && (filter with { DropFlagged = false }).Mask(model) is null;
}
