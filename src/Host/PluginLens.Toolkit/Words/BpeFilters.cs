namespace PluginLens.Toolkit;

/// <summary>Judges tokens by a <see cref="BpeFilter"/>.</summary>
public static class BpeFilters
{
    /// <summary>The tokens that pass both kinds of filter, <c>[d_vocab]</c>; null = all of them.</summary>
    /// <param name="model">The model whose tokens are judged.</param>
    /// <param name="options">The filters.</param>
    public static bool[]? Mask(Model model, WordOptions options) => Mask(model, options.BpeFilter, options.Mask(model));

    /// <summary>The tokens that pass, <c>[d_vocab]</c>; null = all of them.</summary>
    /// <param name="model">The model whose tokens are judged.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="keep">Tokens that take part at all, <c>[d_vocab]</c> (of a <see cref="TokenFilter"/>); null = all.</param>
    /// <exception cref="UsageException">The model has no tokenizer, or nothing is left.</exception>
    public static bool[]? Mask(Model model, BpeFilter filter, bool[]? keep = null)
    {
        if (filter == BpeFilter.None)
        {
            return keep;
        }

        var tokenizer = model.Tokenizer
            ?? throw new UsageException($"Model '{model.Config.Name}' has no tokenizer, so tokens have no text to filter by; leave the filter out.");
        if (tokenizer.Unreadable is { } reason)
        {
            throw new UsageException($"The tokens of model '{model.Config.Name}' cannot be filtered by text; leave the filter out. {reason}");
        }

        var mask = new bool[model.Config.DVocab];
        for (var id = 0; id < mask.Length; id++)
        {
            mask[id] = keep?[id] != false && tokenizer.Piece(id) is { } piece && filter switch
            {
                BpeFilter.RoundTrip => RoundTrips(tokenizer, piece),
                BpeFilter.LeadingSpace => tokenizer.StartsWord(id),
                _ => WhiteSpace.Strip(tokenizer.Text(id)) is { Length: > 0 } word && word.EnumerateRunes().All(System.Text.Rune.IsLetter),
            };
        }

        return mask.Contains(true) ? mask : throw new UsageException($"The filters leave none of the {mask.Length} tokens of model '{model.Config.Name}'; loosen them.");
    }

    /// <summary>On the byte-level string, and whichever the one id is: single bytes such as 'ø' pass, as in the original.</summary>
    private static bool RoundTrips(ModelTokenizer tokenizer, string piece)
    {
        var text = piece[0] is 'Ġ' or '▁' ? $" {piece[1..]}" : piece;
        return tokenizer.Encode(text) is [var only] && tokenizer.Decode([only]) == text;
    }
}
