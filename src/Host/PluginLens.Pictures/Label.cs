using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using PluginLens.Host;

namespace PluginLens.Pictures;

/// <summary>Texts of figures as pictures show them.</summary>
internal static partial class Label
{
    /// <summary>A text with nothing in it that cannot be seen: spaces at its ends and behind another space are dots, controls are spelled out. A position behind a token, <c>the (3)</c>, is not part of the token.</summary>
    /// <param name="text">Text of a figure.</param>
    public static string Of(string text)
    {
        var position = Position().Match(text);
        var token = position.Success ? text[..position.Index] : text;
        var bare = token.Trim(' ');
        if (bare.Length == 0)
        {
            return new string('·', token.Length) + position.Value;
        }

        var (before, after) = (token.Length - token.TrimStart(' ').Length, token.Length - token.TrimEnd(' ').Length);
        return new string('·', before) + DisplayText.Text(bare).Replace("  ", " ·", StringComparison.Ordinal) + new string('·', after) + position.Value;
    }

    /// <summary>Width of a text.</summary>
    /// <param name="text">Text that can be seen.</param>
    /// <param name="size">Height of its letters.</param>
    public static double Width(string text, double size) => size * text.EnumerateRunes().Sum(rune => Advance(rune));

    /// <summary>A text cut so that it fits, with an ellipsis; a position behind a token stays.</summary>
    /// <param name="text">Text that can be seen.</param>
    /// <param name="size">Height of its letters.</param>
    /// <param name="width">The most that it may take.</param>
    public static string Fit(string text, double size, double width)
    {
        if (Width(text, size) <= width)
        {
            return text;
        }

        var end = "…" + Position().Match(text).Value;
        var room = width - Width(end, size);
        var cut = new StringBuilder();
        var elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            room -= Width(elements.GetTextElement(), size);
            if (room < 0)
            {
                break;
            }

            cut.Append(elements.GetTextElement());
        }

        return cut.Append(end).ToString();
    }

    /// <summary>Lines that fit, broken between words.</summary>
    /// <param name="text">Text that can be seen.</param>
    /// <param name="size">Height of its letters.</param>
    /// <param name="width">Width of a line.</param>
    public static IEnumerable<string> Lines(string text, double size, double width)
    {
        var line = string.Empty;
        foreach (var word in text.Split(' '))
        {
            var longer = line.Length == 0 ? word : $"{line} {word}";
            if (line.Length > 0 && Width(longer, size) > width)
            {
                yield return Fit(line, size, width);
                longer = word;
            }

            line = longer;
        }

        yield return Fit(line, size, width);
    }

    /// <summary>How far a character moves the pen, in units of the size; one that the font lacks is a box of one unit.</summary>
    /// <param name="rune">The character.</param>
    public static double Advance(Rune rune)
    {
        if (IsIsolate(rune))
        {
            return 0;
        }

        var glyph = FontFile.Default.Glyph(rune.Value);
        return glyph == 0 ? 1 : FontFile.Default.Advance(glyph);
    }

    /// <summary>Whether it only says which way a text runs.</summary>
    /// <param name="rune">A character.</param>
    public static bool IsIsolate(Rune rune) => rune.Value is >= 0x2066 and <= 0x2069;

    [GeneratedRegex(@" \(\d+\)$")]
    private static partial Regex Position();
}
