using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>
/// GPT-2's pattern (<see cref="Patterns.Gpt2"/>) by hand: a regular expression costs more to build than a small tokenizer to load.
/// </summary>
internal static class Gpt2Split
{
    private enum Class
    {
        Space,
        Letter,
        Number,
        Other,
        End,
    }

    public static void Split(string piece, bool first, List<string> into)
    {
        for (int start = 0, end; start < piece.Length; start = end)
        {
            end = Next(piece, start);
            into.Add(piece[start..end]);
        }
    }

    private static int Next(string text, int start)
    {
        if (text[start] == '\'' && Contraction(text.AsSpan(start + 1)) is > 0 and var length)
        {
            return start + 1 + length;
        }

        var at = start;
        if (text[at] == ' ' && ClassAt(text, at + 1, out _) is not (Class.Space or Class.End))
        {
            at++;
        }

        var kind = ClassAt(text, at, out var width);
        var last = at;
        do
        {
            last = at;
            at += width;
        }
        while (ClassAt(text, at, out width) == kind);

        // White space before a word leaves its last character to the word, unless it is all there is.
        return kind == Class.Space && at < text.Length && last > start ? last : at;
    }

    private static int Contraction(ReadOnlySpan<char> rest)
    {
        if (rest.IsEmpty)
        {
            return 0;
        }

        if (rest[0] is 's' or 't' or 'm' or 'd')
        {
            return 1;
        }

        return rest.StartsWith("re") || rest.StartsWith("ve") || rest.StartsWith("ll") ? 2 : 0;
    }

    private static Class ClassAt(string text, int at, out int width)
    {
        width = 1;
        if (at >= text.Length)
        {
            return Class.End;
        }

        var c = text[at];
        if (char.IsAscii(c))
        {
            return char.IsAsciiLetter(c) ? Class.Letter : char.IsAsciiDigit(c) ? Class.Number : char.IsWhiteSpace(c) ? Class.Space : Class.Other;
        }

        if (char.IsWhiteSpace(c))
        {
            return Class.Space;
        }

        Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out width);
        var category = Rune.GetUnicodeCategory(rune);
        return UnicodeText.IsLetter(category) ? Class.Letter : UnicodeText.IsNumber(category) ? Class.Number : Class.Other;
    }
}
