using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers;

/// <summary>Classes of code points as the published tokenizers draw them.</summary>
internal static class UnicodeText
{
    /// <summary>The text with U+FFFD for each lone surrogate: what its UTF-8 form would hold.</summary>
    public static string Sane(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                i++;
            }
            else
            {
                return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
            }
        }

        return text;
    }

    public static bool IsLetter(UnicodeCategory category) => category <= UnicodeCategory.OtherLetter;

    public static bool IsMark(UnicodeCategory category) => category is >= UnicodeCategory.NonSpacingMark and <= UnicodeCategory.EnclosingMark;

    public static bool IsNumber(UnicodeCategory category) => category is >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber;

    /// <summary>BERT's punctuation: Unicode's and every ASCII sign.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.IsAscii
            ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
            : Rune.GetUnicodeCategory(rune) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation;

    /// <summary>The regular expression class <c>\w</c>.</summary>
    public static bool IsWord(Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        return IsLetter(category) || IsMark(category)
            || category is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation
            || rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9);
    }
}
