using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers.Normalizing;

/// <summary>Drops the non-spacing marks of a decomposed text.</summary>
internal sealed class AccentNormalizer() : TextNormalizer(Strip)
{
    public static string Strip(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                result.Append(rune);
            }
        }

        return result.ToString();
    }
}
