using System.Globalization;
using System.Text;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>Reads one class of characters of Oniguruma's dialect, which may hold classes and intersections, and writes an expression that matches one character.</summary>
internal sealed class RegexClass(string pattern, ISet<string> scripts, bool caseBlind)
{
    private const string AnyCharacter = @"[\s\S]";

    /// <summary>One character outside of classes.</summary>
    public static string Literal(char c, bool caseBlind) => caseBlind && c is 's' or 'S' ? "[s\u017F]" : char.IsAsciiLetterOrDigit(c) ? c.ToString() : Scripts.Escaped(c);

    public static InvalidDataException Refused(string pattern, string what) =>
        new($"Expected a regular expression that this version can translate, found {what} in '{PieceTable.Shown(pattern, 100)}'.");

    /// <summary>A class from behind its opening bracket to behind its closing one.</summary>
    public string Read(ref int at, int depth = 0)
    {
        if (depth > 20)
        {
            throw Refused("classes nested deeper than 20");
        }

        var negated = Peek(at) == '^';
        at += negated ? 1 : 0;
        var parts = new List<string>();
        var simple = new StringBuilder();
        var nested = new List<string>();
        for (var first = true; ; first = false)
        {
            if (at >= pattern.Length)
            {
                throw Refused("a class without end");
            }

            var c = pattern[at];
            if (c == ']' && !first)
            {
                break;
            }

            if (c == '&' && Peek(at + 1) == '&')
            {
                at += 2;
                parts.Add(Union(simple, nested));
                continue;
            }

            if (c == '[')
            {
                at++;
                nested.Add(Peek(at) == ':' && Posix(ref at) is { } posix ? posix : Read(ref at, depth + 1));
                continue;
            }

            Item(ref at, simple, nested);
        }

        at++;
        if (parts.Count == 0 && nested.Count == 0 && simple.Length > 0)
        {
            return $"[{(negated ? "^" : string.Empty)}{simple}]";
        }

        parts.Add(Union(simple, nested));
        var whole = parts.Count == 1 ? parts[0] : $"(?:{string.Concat(parts.SkipLast(1).Select(part => $"(?={part})"))}{parts[^1]})";
        return negated ? $"(?:(?!{whole}){AnyCharacter})" : whole;
    }

    /// <summary>An escape outside of classes, from its backslash on.</summary>
    public string ReadEscape(ref int at) =>
        Escape(ref at) is var (point, body, negated) && body is null ? Literal((char)point, caseBlind) : $"[{(negated ? "^" : string.Empty)}{body}]";

    private static string Union(StringBuilder simple, List<string> nested)
    {
        if (simple.Length > 0)
        {
            nested.Insert(0, $"[{simple}]");
        }

        var union = nested.Count switch { 0 => "(?!)", 1 => nested[0], _ => $"(?:{string.Join('|', nested)})" };
        simple.Clear();
        nested.Clear();
        return union;
    }

    /// <summary>A character, a range or an escape.</summary>
    private void Item(ref int at, StringBuilder simple, List<string> nested)
    {
        if (Single(ref at, simple, nested) is not { } first)
        {
            return;
        }

        var last = first;
        if (Peek(at) == '-' && Peek(at + 1) is not (']' or '[' or '\0') && !(Peek(at + 1) == '&' && Peek(at + 2) == '&'))
        {
            var dash = at++;
            last = Single(ref at, simple, nested) is { } end
                ? end >= first ? end : throw Refused("a range whose ends are the wrong way round")
                : throw Refused($"a range that ends in '{pattern[(dash + 1)..at]}'");
        }

        simple.Append(Scripts.Escaped(first));
        if (last > first)
        {
            simple.Append('-').Append(Scripts.Escaped(last));
        }

        if (caseBlind && ((first <= 's' && last >= 's') || (first <= 'S' && last >= 'S')))
        {
            simple.Append('\u017F');
        }
    }

    /// <summary>A code point; null where a set was added instead.</summary>
    private int? Single(ref int at, StringBuilder simple, List<string> nested)
    {
        if (pattern[at] != '\\')
        {
            return pattern[at++];
        }

        var (point, body, negated) = Escape(ref at);
        if (body is null)
        {
            return point;
        }

        if (negated)
        {
            nested.Add($"[^{body}]");
        }
        else
        {
            simple.Append(body);
        }

        return null;
    }

    private (int Point, string? Body, bool Negated) Escape(ref int at)
    {
        var c = Peek(at + 1);
        at += 2;
        switch (c)
        {
            case 'p' or 'P':
                return Property(ref at, c == 'P');
            case 'd' or 'D':
                return (0, @"\p{Nd}", c == 'D');
            case 'w' or 'W':
                return (0, Properties.Word, c == 'W');
            case 's' or 'S':
                return (0, @"\s", c == 'S');
            case 'h' or 'H':
                return (0, "0-9A-Fa-f", c == 'H');
            case 'n':
                return ('\n', null, false);
            case 't':
                return ('\t', null, false);
            case 'r':
                return ('\r', null, false);
            case 'f':
                return ('\f', null, false);
            case 'v':
                return ('\v', null, false);
            case 'a':
                return ('\a', null, false);
            case 'e':
                return (0x1B, null, false);
            case 'x' when Peek(at) == '{':
                var end = pattern.IndexOf('}', at);
                var digits = end < 0 ? string.Empty : pattern[(at + 1)..end];
                at = end + 1;
                return (Hexadecimal(digits), null, false);
            case 'x':
                var length = char.IsAsciiHexDigit(Peek(at)) ? char.IsAsciiHexDigit(Peek(at + 1)) ? 2 : 1 : throw Refused("'\\x' without digits");
                at += length;
                return (Hexadecimal(pattern[(at - length)..at]), null, false);
            case 'u' when at + 4 <= pattern.Length:
                at += 4;
                return (Hexadecimal(pattern[(at - 4)..at]), null, false);
            default:
                return c != '\0' && !char.IsAsciiLetterOrDigit(c) ? (c, null, false) : throw Refused($"'\\{c}'");
        }
    }

    private (int Point, string? Body, bool Negated) Property(ref int at, bool negated)
    {
        var end = Peek(at) == '{' ? pattern.IndexOf('}', at) : -1;
        if (end < 0)
        {
            throw Refused("'\\p' without a name in braces");
        }

        var name = pattern[(at + 1)..end];
        at = end + 1;
        return name.StartsWith('^') ? (0, Properties.Body(name[1..], scripts), !negated) : (0, Properties.Body(name, scripts), negated);
    }

    /// <summary>[:name:] or [:^name:] behind its first bracket; null where it is none.</summary>
    private string? Posix(ref int at)
    {
        var end = pattern.IndexOf(":]", at + 1, StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var name = pattern[(at + 1)..end];
        var negated = name.StartsWith('^');
        name = negated ? name[1..] : name;
        if (!name.All(char.IsAsciiLetter))
        {
            return null;
        }

        at = end + 2;
        return $"[{(negated ? "^" : string.Empty)}{Properties.Body(name, scripts)}]";
    }

    private int Hexadecimal(string digits) => int.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point) && point is >= 0 and <= 0xFFFF
        ? point
        : throw Refused($"the character '{PieceTable.Shown(digits)}', which is none up to U+FFFF");

    private char Peek(int at) => at < pattern.Length ? pattern[at] : '\0';

    private InvalidDataException Refused(string what) => Refused(pattern, what);
}
