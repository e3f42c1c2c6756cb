using System.Text;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>
/// Rewrites what published patterns mean differently in .NET: possessive quantifiers, and a case-blind s, which in
/// Unicode's folding is also the long one.
/// </summary>
internal static class RegexDialect
{
    public static string Translate(string pattern)
    {
        var output = new StringBuilder();
        var groups = new Stack<(int Start, bool CaseBlind)>();
        var caseBlind = false;
        var atom = 0;
        for (var i = 0; i < pattern.Length;)
        {
            var length = TokenLength(pattern, i);
            var token = pattern.Substring(i, length);
            i += length;
            if (token is "*" or "+" or "?" || (token[0] == '{' && length > 1))
            {
                if (i < pattern.Length && pattern[i] == '+')
                {
                    output.Insert(atom, "(?>").Append(token).Append(')');
                    i++;
                }
                else
                {
                    output.Append(token);
                }

                continue;
            }

            atom = output.Length;
            if (token[0] == '(')
            {
                // "(?i)" opens no group: it holds until the one around it ends.
                if (token[^1] != ')')
                    groups.Push((atom, caseBlind));
                caseBlind |= token.StartsWith("(?i", StringComparison.Ordinal);
            }
            else if (token == ")" && groups.Count > 0)
            {
                (atom, caseBlind) = groups.Pop();
            }

            output.Append(caseBlind ? WithLongS(token) : token);
        }

        return output.ToString();
    }

    private static string WithLongS(string token)
    {
        if (token is "s" or "S")
            return "[s\u017F]";
        var inClass = token[0] == '[' && token.Contains('s', StringComparison.OrdinalIgnoreCase) && !token.Contains('\\', StringComparison.Ordinal);
        return inClass ? token.Insert(token.Length - 1, "\u017F") : token;
    }

    /// <summary>Length of the syntax unit at a position: an escape, a class, a counted quantifier, the opening of a group, or one character.</summary>
    private static int TokenLength(string pattern, int at)
    {
        switch (pattern[at])
        {
            case '\\' when at + 2 < pattern.Length && pattern[at + 1] is 'p' or 'P' && pattern[at + 2] == '{':
                return Until(pattern, '}', at + 3) - at;
            case '\\':
                return Math.Min(2, pattern.Length - at);
            case '{' when at + 1 < pattern.Length && char.IsAsciiDigit(pattern[at + 1]):
                return Until(pattern, '}', at + 1) - at;
            case '(' when at + 1 < pattern.Length && pattern[at + 1] == '?':
                return GroupStart(pattern, at + 2) - at;
            case '[':
                return ClassEnd(pattern, at + 1) - at;
            default:
                return 1;
        }
    }

    private static int GroupStart(string pattern, int at)
    {
        while (at < pattern.Length && (char.IsAsciiLetter(pattern[at]) || pattern[at] is '-' or '<'))
            at++;
        return Math.Min(at + 1, pattern.Length);
    }

    private static int Until(string pattern, char end, int from)
    {
        var at = pattern.IndexOf(end, from);
        return at < 0 ? pattern.Length : at + 1;
    }

    private static int ClassEnd(string pattern, int at)
    {
        if (at < pattern.Length && pattern[at] == '^')
            at++;
        for (var first = true; at < pattern.Length; first = false)
        {
            if (pattern[at] == ']' && !first)
                return at + 1;
            at += pattern[at] == '\\' ? 2 : 1;
        }

        return pattern.Length;
    }
}
