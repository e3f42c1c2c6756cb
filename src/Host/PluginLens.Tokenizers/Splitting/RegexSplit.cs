using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PluginLens.Tokenizers.Splitting;

/// <summary>
/// Splits by a regular expression whose unit is the code point. .NET's unit is half of an astral one, so those are
/// matched through a character of the basic plane with the same general category.
/// </summary>
internal sealed class RegexSplit
{
    /// <summary>One character for each <see cref="UnicodeCategory"/>, of the kinds that patterns do not name.</summary>
    private const string ShadowOfCategory =
        "\uA640\uA641\u01C5\u02B0\uA000\uA66F\u0903\u0488\u0660\u16EE\u2460\u3000\u2028\u2029\u0001\u2060\uFFFD\uE000"
        + "\u203F\u058A\u0F3A\u0F3B\u00AB\u00BB\u055A\u2200\u20A0\u02C2\u2300\u0378";

    private readonly Regex _regex;
    private readonly string[] _scripts;
    private readonly ConcurrentDictionary<(UnicodeCategory Category, int Scripts), char> _shadows = new();

    public RegexSplit(string pattern)
    {
        _regex = new(RegexDialect.Translate(pattern, out var scripts), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(5));
        _scripts = [.. scripts];
    }

    public void Isolated(string piece, bool first, List<string> into) => MatchSplit.Add(piece, Spans(piece), SplitBehavior.Isolated, into);

    public PieceSplit As(SplitBehavior behavior, bool invert) => (piece, _, into) =>
        MatchSplit.Add(piece, MatchSplit.Inverted(Spans(piece), invert), behavior, into);

    private List<MatchSplit.Span> Spans(string text)
    {
        var spans = new List<MatchSplit.Span>();
        var done = 0;
        var shadow = Shadow(text, out var positions);
        for (var match = _regex.Match(shadow); match.Success; match = match.NextMatch())
        {
            if (match.Length > 0)
            {
                MatchSplit.Match(spans, ref done, Position(positions, match.Index), Position(positions, match.Index + match.Length));
            }
        }

        return MatchSplit.Close(spans, done, text.Length);
    }

    private static int Position(int[]? positions, int index) => positions is null ? index : positions[index];

    private string Shadow(string text, out int[]? positions)
    {
        positions = null;
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            return text;
        }

        var shadow = new StringBuilder(text.Length);
        var starts = new List<int>(text.Length);
        for (int i = 0, width; i < text.Length; i += width)
        {
            Rune.DecodeFromUtf16(text.AsSpan(i), out var rune, out width);
            starts.Add(i);
            shadow.Append(rune.IsBmp ? (char)rune.Value : ShadowOf(rune));
        }

        starts.Add(text.Length);
        positions = [.. starts];
        return shadow.ToString();
    }

    /// <summary>Where the pattern names scripts, the character must also be in those, and only those, that the rune is in.</summary>
    private char ShadowOf(Rune rune)
    {
        var category = Rune.GetUnicodeCategory(rune);
        return _scripts.Length == 0
            ? ShadowOfCategory[(int)category]
            : _shadows.GetOrAdd((category, ScriptsOf(rune.Value)), key => Alike(key.Category, key.Scripts) ?? ShadowOfCategory[(int)key.Category]);
    }

    /// <summary>Bit i: whether a character is in script i.</summary>
    private int ScriptsOf(int point) => _scripts.Select((script, i) => Scripts.Contains(script, point) ? 1 << i : 0).Aggregate(0, (all, bit) => all | bit);

    private char? Alike(UnicodeCategory category, int scripts)
    {
        for (var c = '\uFFFD'; c > '\u00A0'; c--)
        {
            if (CharUnicodeInfo.GetUnicodeCategory(c) == category && ScriptsOf(c) == scripts)
            {
                return c;
            }
        }

        return null;
    }
}
