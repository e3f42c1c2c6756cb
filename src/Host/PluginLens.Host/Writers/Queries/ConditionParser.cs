using System.Text;

namespace PluginLens.Host;

/// <summary>Conditions as they are typed: <c>score > 0.5 and output = ' the'</c>.</summary>
internal sealed class ConditionParser
{
    private static readonly (string Sign, Comparison Comparison)[] Signs =
    [
        ("!=", Comparison.NotEqual), ("<=", Comparison.AtMost), (">=", Comparison.AtLeast), ("==", Comparison.Equal),
        ("=", Comparison.Equal), ("<", Comparison.Less), (">", Comparison.Greater), ("~", Comparison.Contains),
    ];

    private readonly string _text;
    private int _at;

    private ConditionParser(string text) => _text = text;

    /// <summary>The conditions; all have to be fulfilled.</summary>
    /// <param name="text">What was typed.</param>
    public static IReadOnlyList<Condition> Parse(string text) => new ConditionParser(text).All();

    private List<Condition> All()
    {
        var conditions = new List<Condition>();
        do
        {
            SkipSpaces();
            var start = _at;
            var column = Word(character => char.IsLetterOrDigit(character) || character == '_') is { Length: > 0 } name ? name : throw Wrong("the name of a column");
            var comparison = Sign();
            SkipSpaces();
            var isQuoted = _at < _text.Length && _text[_at] is '\'' or '"';
            conditions.Add(new Condition(column, comparison, Value(isQuoted), isQuoted, _text[start.._at]));
        }
        while (And());
        return conditions;
    }

    private Comparison Sign()
    {
        SkipSpaces();
        foreach (var (sign, comparison) in Signs)
        {
            if (_text.AsSpan(_at).StartsWith(sign, StringComparison.Ordinal))
            {
                _at += sign.Length;
                return comparison;
            }
        }

        var start = _at;
        if (Word(char.IsLetter).Equals("contains", StringComparison.OrdinalIgnoreCase))
        {
            return Comparison.Contains;
        }

        _at = start;
        throw Wrong("=, !=, <, <=, >, >= or ~ (contains)");
    }

    /// <summary>Quoted text, a quote in it doubled, or what stands up to the next space.</summary>
    private string Value(bool isQuoted)
    {
        if (_at == _text.Length)
        {
            throw Wrong("a value");
        }

        if (!isQuoted)
        {
            return Word(character => !char.IsWhiteSpace(character));
        }

        var quote = _text[_at];
        var value = new StringBuilder();
        for (_at++; _at < _text.Length; _at++)
        {
            if (_text[_at] != quote)
            {
                value.Append(_text[_at]);
            }
            else if (_at + 1 < _text.Length && _text[_at + 1] == quote)
            {
                value.Append(_text[_at++]);
            }
            else
            {
                _at++;
                return value.ToString();
            }
        }

        throw Wrong($"a closing {quote}");
    }

    private bool And()
    {
        SkipSpaces();
        if (_at == _text.Length)
        {
            return false;
        }

        var start = _at;
        if (Word(char.IsLetter).Equals("and", StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        _at = start;
        throw Wrong("'and' or the end (a value with spaces stands in quotes)");
    }

    private string Word(Func<char, bool> belongs)
    {
        var start = _at;
        while (_at < _text.Length && belongs(_text[_at]))
        {
            _at++;
        }

        return _text[start.._at];
    }

    private void SkipSpaces() => Word(char.IsWhiteSpace);

    private UsageException Wrong(string expected)
    {
        var rest = _text[_at..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new UsageException($"--where '{_text}': expected {expected}, found {(rest.Length == 0 ? "the end" : $"'{rest[0]}'")}; such as \"score > 0.5 and output = ' the'\".");
    }
}
