namespace PluginLens.Tokenizers.Splitting;

/// <summary>
/// Translates Oniguruma's expressions, which tokenizer.json is written in, into .NET's. What has no translation is an
/// error: an expression that meant something else would change ids in silence.
/// </summary>
internal sealed class RegexDialect
{
    private readonly string _pattern;
    private readonly SortedSet<string> _scripts = new(StringComparer.Ordinal);
    private int _at;
    private int _depth;

    private RegexDialect(string pattern)
    {
        _pattern = pattern;
        if (pattern.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
        {
            throw Refused("characters beyond U+FFFF");
        }
    }

    /// <summary>The expression in .NET's dialect.</summary>
    public static string Translate(string pattern) => Translate(pattern, out _);

    /// <param name="pattern">Oniguruma's.</param>
    /// <param name="scripts">Receives the scripts that it names.</param>
    public static string Translate(string pattern, out IReadOnlyCollection<string> scripts)
    {
        var reader = new RegexDialect(pattern);
        var result = reader.Alternatives(caseBlind: false);
        if (reader._at < pattern.Length)
        {
            throw reader.Refused("a ')' too many");
        }

        scripts = reader._scripts;
        return result;
    }

    private bool Next(char c)
    {
        if (_at >= _pattern.Length || _pattern[_at] != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private string Alternatives(bool caseBlind)
    {
        if (++_depth > 100)
        {
            throw Refused("groups nested deeper than 100");
        }

        var output = new System.Text.StringBuilder();
        while (_at < _pattern.Length && _pattern[_at] != ')')
        {
            if (Next('|'))
            {
                output.Append('|');
            }
            else
            {
                output.Append(Quantified(Atom(caseBlind)));
            }
        }

        _depth--;
        return output.ToString();
    }

    private string Atom(bool caseBlind)
    {
        var c = _pattern[_at++];
        switch (c)
        {
            case '(':
                return Group(caseBlind);
            case '[':
                return new RegexClass(_pattern, _scripts, caseBlind).Read(ref _at);
            case '\\':
                return Escape(caseBlind);
            case '^':
                return @"(?:\A|(?<=\n)(?!\z))";
            case '$':
                return @"(?=\n|\z)";
            case '.':
                return @"[^\n]";
            case '*' or '+' or '?':
                throw Refused($"'{c}' after nothing");
            default:
                return RegexClass.Literal(c, caseBlind);
        }
    }

    /// <summary>Repeats as Oniguruma reads them: a plus after a count repeats again, only after * + ? it is possessive; a question mark after {n} means once or not.</summary>
    private string Quantified(string atom)
    {
        while (_at < _pattern.Length)
        {
            var c = _pattern[_at];
            if (c is '*' or '+' or '?')
            {
                _at++;
                atom = Next('+') ? $"(?>{atom}{c})" : Next('?') ? $"{atom}{c}?" : atom + c;
            }
            else if (c == '{' && Interval(out var exact) is { } interval)
            {
                atom += interval;
                if (exact && Next('?'))
                {
                    atom = $"(?:{atom})?";
                }
                else if (Next('?'))
                {
                    atom += '?';
                }
            }
            else
            {
                break;
            }

            if (_at < _pattern.Length && _pattern[_at] is '*' or '+' or '?' or '{')
            {
                atom = $"(?:{atom})";
            }
        }

        return atom;
    }

    /// <summary>{n}, {n,}, {n,m} or {,m}; null where the brace is a character like others.</summary>
    private string? Interval(out bool exact)
    {
        exact = false;
        var end = _pattern.IndexOf('}', _at);
        if (end < 0)
        {
            return null;
        }

        var parts = _pattern[(_at + 1)..end].Split(',');
        if (parts.Length > 2 || parts.Any(part => !part.All(char.IsAsciiDigit)) || parts.All(part => part.Length == 0))
        {
            return null;
        }

        exact = parts.Length == 1;
        var low = Count(parts[0]);
        if (parts is [_, { Length: > 0 } high] && Count(high) < low)
        {
            throw Refused("a count whose ends are the wrong way round");
        }

        _at = end + 1;
        return exact ? $"{{{low}}}" : $"{{{low},{parts[1]}}}";
    }

    private int Count(string digits) => digits.Length == 0 ? 0 : digits.Length <= 5 ? int.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) : throw Refused("a count over 99999");

    private string Group(bool caseBlind)
    {
        if (!Next('?'))
        {
            return Closed("(?:", caseBlind);
        }

        foreach (var opening in (string[])[":", "=", "!", ">", "<=", "<!"])
        {
            if (string.CompareOrdinal(_pattern, _at, opening, 0, opening.Length) == 0)
            {
                _at += opening.Length;
                return Closed("(?" + opening, caseBlind);
            }
        }

        if (Next('#'))
        {
            var end = _pattern.IndexOf(')', _at);
            _at = end < 0 ? throw Refused("a comment without end") : end + 1;
            return string.Empty;
        }

        if (Next('<'))
        {
            var end = _pattern.IndexOf('>', _at);
            _at = end < 0 ? throw Refused("a name without end") : end + 1;
            return Closed("(?:", caseBlind);
        }

        return Options(caseBlind);
    }

    /// <summary>(?i) holds until the group around it ends, and takes the alternatives that follow with it.</summary>
    private string Options(bool caseBlind)
    {
        var on = true;
        while (_at < _pattern.Length && _pattern[_at] is not (':' or ')'))
        {
            var option = _pattern[_at++];
            if (option == '-')
            {
                on = false;
            }
            else if (option == 'i')
            {
                caseBlind = on;
            }
            else
            {
                throw Refused($"the option '{option}'");
            }
        }

        var opening = caseBlind ? "(?i:" : "(?-i:";
        if (Next(':'))
        {
            return Closed(opening, caseBlind);
        }

        return Next(')') ? opening + Alternatives(caseBlind) + ')' : throw Refused("a group without end");
    }

    private string Closed(string opening, bool caseBlind)
    {
        var inside = Alternatives(caseBlind);
        return Next(')') ? opening + inside + ')' : throw Refused("a group without end");
    }

    private string Escape(bool caseBlind)
    {
        if (_at >= _pattern.Length)
        {
            throw Refused("a backslash at the end");
        }

        const string word = "[" + Properties.Word + "]";
        switch (_pattern[_at])
        {
            case 'b':
                _at++;
                return $"(?:(?<={word})(?!{word})|(?<!{word})(?={word}))";
            case 'B':
                _at++;
                return $"(?:(?<={word})(?={word})|(?<!{word})(?!{word}))";
            case 'A' or 'z' or 'Z':
                return @"\" + _pattern[_at++];
            case 'R':
                _at++;
                return @"(?>\r\n|[\n-\r\u0085\u2028\u2029])";
            case 'N':
                _at++;
                return @"[^\n]";
            case 'O':
                _at++;
                return @"[\s\S]";
            default:
                _at--;
                return new RegexClass(_pattern, _scripts, caseBlind).ReadEscape(ref _at);
        }
    }

    private InvalidDataException Refused(string what) => RegexClass.Refused(_pattern, what);
}
