using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PluginLens.Pictures;

/// <summary>Texts as cells of a spreadsheet hold them: exactly, but for what XML cannot hold, which is spelled out as tables on a terminal do.</summary>
internal static partial class CellText
{
    /// <summary>Characters that a cell holds.</summary>
    public const int Most = 32_767;

    /// <summary>The text of a cell.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="most">Characters that it may have; a longer one ends with an ellipsis.</param>
    public static string Of(string text, int most = Most)
    {
        var held = text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? Spelled(text) : text;
        if (held.Length > most)
        {
            held = held[..(most - (char.IsHighSurrogate(held[most - 2]) ? 2 : 1))] + "…";
        }

        // What looks like an escape of the format itself would be read as one: its underscore is written as such an escape.
        return held.Contains("_x", StringComparison.Ordinal) ? Escape().Replace(held, "_x005F_") : held;
    }

    /// <summary>Whether a text is longer than a cell.</summary>
    /// <param name="text">Any text.</param>
    public static bool IsCut(string text) => text.Length > Most || (text.Length > Most / 10 && Spelled(text).Length > Most);

    private static string Spelled(string text)
    {
        var held = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            var letter = text[at];
            if (char.IsHighSurrogate(letter) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
            {
                held.Append(letter).Append(text[++at]);
            }
            else if ((letter < ' ' && letter is not ('\t' or '\n')) || char.IsSurrogate(letter) || letter is '\uFFFE' or '\uFFFF')
            {
                held.Append(CultureInfo.InvariantCulture, $"\\u{{{(int)letter:X2}}}");
            }
            else
            {
                held.Append(letter);
            }
        }

        return held.ToString();
    }

    [GeneratedRegex("_(?=x[0-9A-Fa-f]{4}_)")]
    private static partial Regex Escape();
}
