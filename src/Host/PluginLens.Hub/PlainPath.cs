using System.Globalization;
using System.Text;

namespace PluginLens.Hub;

/// <summary>Names that come from a server, or go into an address, become paths: only plain ones do, on every system alike.</summary>
internal static class PlainPath
{
    private const int LongestPart = 255;

    /// <summary>Whether a path stays below the folder that it is put into, is a file name everywhere, and can be printed.</summary>
    /// <param name="path">With slashes.</param>
    public static bool Is(string path) => path.Split('/').All(IsPart);

    private static bool IsPart(string part) => part.Length is > 0 and <= LongestPart && part[^1] is not ('.' or ' ') && part.EnumerateRunes().All(IsPlain);

    private static bool IsPlain(Rune rune) => rune.Value is not ('\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|' or 0xfffd) && Rune.GetUnicodeCategory(rune) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse);
}
