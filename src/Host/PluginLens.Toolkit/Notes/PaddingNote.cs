namespace PluginLens.Toolkit;

/// <summary>Says what lists do with the ids beyond the tokenizer.</summary>
public static class PaddingNote
{
    /// <summary>A clause for a note; null where the vocabulary has no padding.</summary>
    /// <param name="model">The model.</param>
    /// <param name="filter">The filter of the lists.</param>
    public static string? Of(Model model, TokenFilter filter) =>
        model.Tokenizer is { } tokenizer && tokenizer.Count < model.Config.DVocab
            ? $"{model.Config.DVocab - tokenizer.Count} padding ids {(IsKept(model, filter) ? "kept" : "dropped")}"
            : null;

    /// <summary>Ids without text pass no filter that looks at text; without one there is no mask.</summary>
    private static bool IsKept(Model model, TokenFilter filter) => filter.Padding == Padding.Keep && filter.Mask(model) is null;
}
