using System.Text.RegularExpressions;

namespace PluginLens.Import.Gguf.Text;

/// <summary>The tokens of a file and what it says of them. Every list is as long as the vocabulary, every id is in it.</summary>
internal sealed partial class Vocabulary
{
    private const string Prefix = "tokenizer.ggml.";
    private readonly GgufKeys _keys;
    private readonly TokenType[] _types;

    /// <summary>Reads and checks the tokens.</summary>
    /// <param name="source">A file with tokens.</param>
    /// <param name="rows">Rows of the embedding.</param>
    public Vocabulary(GgufSource source, long rows)
    {
        (_keys, File) = (source.Keys, source.FileName);
        var tokens = _keys.Texts(Prefix + "tokens") ?? throw new ModelException($"'{File}' names a tokenizer, but has no {Prefix}tokens; it is damaged.");
        if (tokens.LongLength != rows)
        {
            throw new ModelException($"'{File}' has {tokens.Length} tokens for {rows} rows of token_embd.weight; it is damaged.");
        }

        Scores = _keys.Floats(Prefix + "scores");
        RefuseLength("scores", Scores?.Length, tokens.Length);
        var types = _keys.Integers(Prefix + "token_type");
        RefuseLength("token_type", types?.Length, tokens.Length);
        HasTypes = types is not null;
        _types = types is null ? [.. tokens.Select(_ => TokenType.Normal)] : [.. types.Select(t => (TokenType)t)];
        RefuseIds(tokens.Length);
        var twice = tokens.GroupBy(t => t, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1)?.Key;
        if (twice is not null || _types.Any(t => t is < 0 or > TokenType.Byte))
        {
            throw new ModelException(twice is null
                ? $"'{File}' has a token type above {(int)TokenType.Byte} in {Prefix}token_type; it is damaged."
                : $"'{File}' has the token {Shown.Name(twice)} twice; which id a text would get depends on the reader. It is damaged.");
        }

        Tokens = tokens[..Kept(tokens)];
    }

    /// <summary>The file's name, for messages.</summary>
    public string File { get; }

    /// <summary>The tokens, without the padding at the end.</summary>
    public string[] Tokens { get; }

    /// <summary>How good a merge that gives a token is, or null.</summary>
    public float[]? Scores { get; }

    /// <summary>Whether the file says what tokens are; where it does not, all are normal.</summary>
    public bool HasTypes { get; }

    public TokenType Type(int id) => _types[id];

    /// <summary>Id of a named token, or null.</summary>
    /// <param name="name"><c>bos</c>, <c>eos</c>, ...</param>
    public int? Id(string name) => _keys.Number($"{Prefix}{name}_token_id") is >= 0 and var id && id < Tokens.Length ? (int)id : null;

    public bool? Flag(string name) => _keys.Flag(Prefix + name);

    public string? Text(string name) => _keys.Text(Prefix + name);

    /// <summary>The merges of a byte-pair tokenizer as pairs, each of which gives a token.</summary>
    public IReadOnlyList<(string Left, string Right)> Merges()
    {
        var lines = _keys.Texts(Prefix + "merges") ?? throw new ModelException($"'{File}' has no {Prefix}merges, without which its tokenizer cannot work; it is damaged.");
        var known = Tokens.ToHashSet(StringComparer.Ordinal);
        return [.. lines.Select(line =>
        {
            var space = line.IndexOf(' ', Math.Min(1, line.Length));
            var (left, right) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..]);
            return known.Contains(left) && known.Contains(right) && known.Contains(left + right) ? (left, right)
                : throw new ModelException($"'{File}' has the merge {Shown.Name(line)}, whose parts or whose result is no token; it is damaged, or its " +
                    $"merges are another model's.");
        })];
    }

    /// <summary>Rows that only fill up the embedding are called [PADn] and marked unused; no token stands there.</summary>
    private int Kept(string[] tokens)
    {
        var count = tokens.Length;
        while (count > 1 && _types[count - 1] == TokenType.Unused && Padding().IsMatch(tokens[count - 1]))
        {
            count--;
        }

        return count;
    }

    private void RefuseIds(int count)
    {
        foreach (var key in _keys.All.Select(k => k.Key).Where(k => k.StartsWith(Prefix, StringComparison.Ordinal) && k.EndsWith("_token_id", StringComparison.Ordinal)))
        {
            // A writer that has no such token may say -1, or that in 32 bits without sign.
            if (_keys.Number(key) is { } id && id is not (-1 or uint.MaxValue) && !(id >= 0 && id < count))
            {
                throw new ModelException($"'{File}' says {Shown.Plain(key)} {id}, but there are {count} tokens; it is damaged.");
            }
        }
    }

    private void RefuseLength(string name, int? length, int tokens)
    {
        if (length is { } found && found != tokens)
        {
            throw new ModelException($"'{File}' has {found} entries in {Prefix}{name} for {tokens} tokens; they do not belong to each other any more. It is damaged.");
        }
    }

    [GeneratedRegex(@"^\[PAD\d+\]$", RegexOptions.CultureInvariant)]
    private static partial Regex Padding();
}
