using System.Text;

namespace PluginLens;

/// <summary>
/// Which tokens take part in a list. A base for options records. Filters drop rows before the product, so a filtered
/// list is exact. They look at decoded text; the names are those of the code of "Analyzing Transformers in Embedding Space".
/// </summary>
public record TokenFilter
{
    /// <summary>ASCII text only.</summary>
    [Help("Only tokens whose text is ASCII.")]
    public bool OnlyAscii { get; init; }

    /// <summary>Letters and digits only.</summary>
    [Help("Only tokens that are letters and digits (Unicode) once surrounding white space is stripped.")]
    public bool OnlyAlnum { get; init; }

    /// <summary>ASCII letters and digits only.</summary>
    [Help("Only tokens that are ASCII letters and digits once surrounding white space and brackets are stripped.")]
    public bool OnlyEnglish { get; init; }

    /// <summary>A word list.</summary>
    [Help("Only tokens found in this file, one word a line; compared stripped and lower-case.")]
    public WordList? OnlyFromList { get; init; }

    /// <summary>Word starts only.</summary>
    [Help("Only tokens that start a word (a leading space, or no '##' in WordPiece vocabularies).")]
    public bool WordInitial { get; init; }

    /// <summary>Round-trip tokens only.</summary>
    [Help("Only tokens whose text encodes to exactly one id and decodes to itself.")]
    public bool RoundTrip { get; init; }

    /// <summary>No brackets.</summary>
    [Help("No tokens that contain [ or ].")]
    public bool ExcludeBrackets { get; init; }

    /// <summary>No special tokens.</summary>
    [Help("No special tokens such as <|endoftext|> or [CLS].")]
    public bool ExcludeSpecial { get; init; }

    /// <summary>What counts as a large norm.</summary>
    [AtLeast(0)]
    [Help("A token has a large norm where its embedding (row of W_E) is longer than this times the median over the vocabulary.")]
    public double LargeNorm { get; init; } = 1.4;

    /// <summary>No tokens of large norm.</summary>
    [Help("No tokens of a large norm (--large-norm): pieces of words, in many models.")]
    public bool DropFlagged { get; init; }

    /// <summary>Padding ids.</summary>
    [Help("Ids beyond the tokenizer (padding of the vocabulary, without text): keep or drop.")]
    public Padding Padding { get; init; } = Padding.Drop;

    /// <summary>The rows of the vocabulary that pass, <c>[d_vocab]</c>; null = all of them.</summary>
    /// <param name="model">The model whose tokens are judged.</param>
    public bool[]? Mask(Model model)
    {
        var size = model.Config.DVocab;
        var padded = model.Tokenizer is { } known && known.Count < size && Padding == Padding.Drop;
        var byText = OnlyAscii || OnlyAlnum || OnlyEnglish || OnlyFromList is not null || WordInitial || RoundTrip || ExcludeBrackets || ExcludeSpecial;
        var large = DropFlagged ? LargeNorms(model) : null;
        if (!padded && !byText)
        {
            return large is null ? null : Some(model, Array.ConvertAll(large, flagged => !flagged));
        }

        var tokenizer = model.Tokenizer ?? throw new UsageException($"Model '{model.Config.Name}' has no tokenizer, so tokens have no text to filter by; leave the token filters out.");
        if (byText && tokenizer.Unreadable is { } reason)
        {
            throw new UsageException($"The tokens of model '{model.Config.Name}' cannot be filtered by text; leave the token filters out. {reason}");
        }

        var keep = new bool[size];
        for (var id = 0; id < size; id++)
        {
            keep[id] = large?[id] != true && (tokenizer.Piece(id) is not null
                ? !byText || Passes(tokenizer, id)
                : Padding == Padding.Keep && !byText);
        }

        return Some(model, keep);
    }

    /// <summary>The tokens of a large norm, <c>[d_vocab]</c>: <c>‖e_t‖ > LargeNorm · median</c>, the median over all rows of W_E, padding among them.</summary>
    /// <param name="model">The model whose tokens are judged.</param>
    public bool[] LargeNorms(Model model)
    {
        var embeddings = model.WE;
        var (norms, row) = (new double[embeddings.Rows], new float[embeddings.Columns]);
        for (var id = 0; id < norms.Length; id++)
        {
            embeddings.CopyRow(id, row);
            var square = 0.0;
            foreach (var value in row)
            {
                square += (double)value * value;
            }

            norms[id] = Math.Sqrt(square);
        }

        var sorted = norms.Order().ToArray();
        var median = sorted.Length == 0 ? 0 : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        return Array.ConvertAll(norms, norm => norm > LargeNorm * median);
    }

    /// <summary>
    /// A class for each token such that tokens with equal text (stripped, lower-case) share one, <c>[d_vocab]</c>:
    /// leaving out pairs of one class is <c>exclude_same</c>.
    /// </summary>
    /// <param name="model">The model whose tokens are compared.</param>
    /// <exception cref="UsageException">The model has no tokenizer.</exception>
    public static int[] SameTextClasses(Model model)
    {
        var tokenizer = model.Tokenizer ?? throw new UsageException($"Model '{model.Config.Name}' has no tokenizer, so tokens have no text to compare; leave --exclude-same out.");
        var classes = new int[model.Config.DVocab];
        if (model.Tokenizer?.Unreadable is { } reason)
        {
            throw new UsageException($"The tokens of model '{model.Config.Name}' cannot be compared by text. {reason}");
        }

        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < classes.Length; id++)
        {
            // Padding ids have no text: each is a class of its own.
            var text = tokenizer.Piece(id) is null ? $"\0{id}" : Normal(tokenizer.Text(id));
            classes[id] = seen.TryGetValue(text, out var known) ? known : seen[text] = seen.Count;
        }

        return classes;
    }

    private static bool[] Some(Model model, bool[] keep) => keep.Contains(true)
        ? keep
        : throw new UsageException($"The token filters leave none of the {keep.Length} tokens of model '{model.Config.Name}'; loosen them.");

    private static string Normal(string text) => WhiteSpace.Strip(text).ToLowerInvariant();

    private static bool IsAlnum(Rune rune) => Rune.GetUnicodeCategory(rune) is
        System.Globalization.UnicodeCategory.LetterNumber or System.Globalization.UnicodeCategory.OtherNumber || Rune.IsLetterOrDigit(rune);

    private bool Passes(ModelTokenizer tokenizer, int id)
    {
        var text = tokenizer.Text(id);
        var stripped = WhiteSpace.Strip(text);
        var bare = stripped.Trim('[', ']');
        return !(ExcludeSpecial && tokenizer.IsSpecial(id))
            && !(OnlyAscii && !Ascii.IsValid(text))
            && !(OnlyAlnum && (stripped.Length == 0 || !stripped.EnumerateRunes().All(IsAlnum)))
            && !(OnlyEnglish && (bare.Length == 0 || !bare.All(char.IsAsciiLetterOrDigit)))
            && !(OnlyFromList is { } list && !list.Contains(text))
            && !(WordInitial && !tokenizer.StartsWord(id))
            && !(ExcludeBrackets && text.AsSpan().ContainsAny('[', ']'))
            && !(RoundTrip && !RoundTrips(tokenizer, id, text));
    }

    private static bool RoundTrips(ModelTokenizer tokenizer, int id, string text) =>
        tokenizer.Encode(text) is [var only] && only == id && tokenizer.Decode([only]) == text;
}

/// <summary>What to do with ids that have no text.</summary>
public enum Padding
{
    /// <summary>They take part.</summary>
    Keep,

    /// <summary>They are left out.</summary>
    Drop,
}
