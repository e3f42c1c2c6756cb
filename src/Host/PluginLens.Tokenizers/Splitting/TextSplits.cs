using System.Text;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>The simple splits of <c>tokenizer.json</c>.</summary>
internal static class TextSplits
{
    /// <summary>Puts a space before a piece that has none.</summary>
    public static void PrefixSpace(string piece, bool first, List<string> into) =>
        into.Add(piece.StartsWith(' ') ? piece : ' ' + piece);

    /// <summary>Writes the piece's bytes in the printable alphabet.</summary>
    public static void Bytes(string piece, bool first, List<string> into) => into.Add(ByteAlphabet.Write(piece));

    /// <summary>Words without the white space between them.</summary>
    public static void WhiteSpace(string piece, bool first, List<string> into) =>
        into.AddRange(piece.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>BERT's words: no white space, every punctuation character on its own.</summary>
    public static void Bert(string piece, bool first, List<string> into)
    {
        var start = 0;
        for (int i = 0, width; i < piece.Length; i += width)
        {
            Rune.DecodeFromUtf16(piece.AsSpan(i), out var rune, out width);
            var space = Rune.IsWhiteSpace(rune);
            if (!space && !UnicodeText.IsPunctuation(rune))
            {
                continue;
            }

            if (start < i)
            {
                into.Add(piece[start..i]);
            }

            start = i + width;
            if (!space)
            {
                into.Add(piece[i..start]);
            }
        }

        if (start < piece.Length)
        {
            into.Add(piece[start..]);
        }
    }

    /// <summary>Numbers apart from the rest, and each digit on its own where asked.</summary>
    public static PieceSplit Digits(bool individual) => (piece, _, into) =>
    {
        var split = MatchSplit.Spans(piece, rune => UnicodeText.IsNumber(Rune.GetUnicodeCategory(rune)));
        MatchSplit.Add(piece, split, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous, into);
    };

    /// <summary>Punctuation characters apart from the rest.</summary>
    public static PieceSplit Punctuation(SplitBehavior behavior) => (piece, _, into) =>
        MatchSplit.Add(piece, MatchSplit.Spans(piece, UnicodeText.IsPunctuation), behavior, into);

    /// <summary>SentencePiece's spaces: written as a mark, put before the words that they open.</summary>
    public static PieceSplit Metaspace(string mark, string scheme, bool split) => (piece, first, into) =>
    {
        var text = piece.Replace(" ", mark, StringComparison.Ordinal);
        if ((scheme == "always" || (scheme == "first" && first)) && !text.StartsWith(mark, StringComparison.Ordinal))
        {
            text = mark + text;
        }

        if (split)
        {
            MatchSplit.Add(text, MatchSplit.Spans(text, mark), SplitBehavior.MergedWithNext, into);
        }
        else
        {
            into.Add(text);
        }
    };
}
