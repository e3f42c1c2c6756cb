using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers.Normalizing;

/// <summary>BERT's: control characters dropped, CJK ideographs set apart, accents stripped, lower case.</summary>
internal sealed class BertNormalizer(bool clean = true, bool chinese = true, bool? stripAccents = null, bool lower = true)
    : TextNormalizer(text => Apply(text, clean, chinese, stripAccents ?? lower, lower))
{
    private static string Apply(string text, bool clean, bool chinese, bool strip, bool lower)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean && IsDropped(rune))
            {
                continue;
            }

            if (clean && (rune.Value is '\t' or '\n' or '\r' || Rune.IsWhiteSpace(rune)))
            {
                result.Append(' ');
            }
            else if (chinese && IsIdeograph(rune.Value))
            {
                result.Append(' ').Append(rune).Append(' ');
            }
            else
            {
                result.Append(rune);
            }
        }

        var output = result.ToString();
        if (strip)
        {
            output = AccentNormalizer.Strip(NormalForms.Decompose(output));
        }

        return lower ? LowerCase.Apply(output) : output;
    }

    private static bool IsDropped(Rune rune) => rune.Value switch
    {
        0 or 0xFFFD => true,
        '\t' or '\n' or '\r' => false,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned,
    };

    private static bool IsIdeograph(int point) => point
        is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
