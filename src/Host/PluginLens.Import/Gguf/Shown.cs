using System.Globalization;
using System.Text;

namespace PluginLens.Import.Gguf;

/// <summary>Text from a file as it may be printed: control and format characters never reach a terminal.</summary>
internal static class Shown
{
    private const int Longest = 100;

    /// <summary>In quotes, unprintable characters as their numbers, cut where it is long.</summary>
    /// <param name="text">Any text.</param>
    public static string Name(string text)
    {
        var shown = Plain(text.Length > Longest ? text[..Longest] : text);
        return $"'{shown}{(text.Length > Longest ? "..." : "")}'";
    }

    /// <summary>The same without quotes, whole.</summary>
    /// <param name="text">Any text.</param>
    public static string Plain(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse)
            {
                shown.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
            else
            {
                shown.Append(rune.ToString());
            }
        }

        return shown.ToString();
    }
}
