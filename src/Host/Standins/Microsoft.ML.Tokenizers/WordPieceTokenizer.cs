using System.Buffers;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>Greedy longest match inside words; what continues a word carries a prefix.</summary>
public class WordPieceTokenizer : Tokenizer
{
    private readonly Dictionary<string, int> _initial = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _continuing = new(StringComparer.Ordinal);
    private readonly List<string> _pieces = [];
    private readonly Pipeline _pipeline;
    private readonly int _longest;

    private WordPieceTokenizer(Stream vocabulary, WordPieceOptions options)
    {
        UnknownToken = options.UnknownToken;
        ContinuingSubwordPrefix = options.ContinuingSubwordPrefix;
        MaxInputCharsPerWord = options.MaxInputCharsPerWord;
        Normalizer = options.Normalizer;
        PreTokenizer = options.PreTokenizer ?? new WhiteSpacePreTokenizer();
        SpecialTokens = options.SpecialTokens;
        using var reader = new StreamReader(vocabulary, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            _longest = Math.Max(_longest, line.Length);
            _initial[line] = _pieces.Count;
            if (line.StartsWith(ContinuingSubwordPrefix, StringComparison.Ordinal))
                _continuing[line[ContinuingSubwordPrefix.Length..]] = _pieces.Count;
            _pieces.Add(line);
        }

        UnknownTokenId = _initial.TryGetValue(UnknownToken, out var id)
            ? id
            : throw new ArgumentException("The unknown token is not in the vocabulary.", nameof(options));
        _pipeline = new(Normalizer, PreTokenizer, SpecialTokens, Encode);
    }

    public string UnknownToken { get; }

    public int UnknownTokenId { get; }

    public string ContinuingSubwordPrefix { get; }

    public int MaxInputCharsPerWord { get; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }

    public override PreTokenizer? PreTokenizer { get; }

    public override Normalizer? Normalizer { get; }

    /// <param name="vocabStream">One token a line; the line number is the id.</param>
    /// <param name="options">Null for BERT's.</param>
    public static WordPieceTokenizer Create(Stream vocabStream, WordPieceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(vocabStream);
        return new(vocabStream, options ?? new());
    }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToTokens(text, textSpan, settings, id => _pieces[id]);

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToIds(text, textSpan, settings);

    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if (id < 0 || id >= _pieces.Count)
                throw new InvalidOperationException($"Id {id} is not in the vocabulary.");
            var continues = _pieces[id].StartsWith(ContinuingSubwordPrefix, StringComparison.Ordinal);
            if (text.Length > 0 && !continues)
                text.Append(' ');
            text.Append(text.Length > 0 && continues ? _pieces[id][ContinuingSubwordPrefix.Length..] : _pieces[id]);
        }

        return text.ToString();
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var list = ids.ToArray();
        return Pipeline.Copy(Decode(list), list.Length, destination, out idsConsumed, out charsWritten);
    }

    private void Encode(ReadOnlySpan<char> word, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var before = ids.Count;
        for (int start = 0, length; start < word.Length; start += length)
        {
            length = word.Length <= MaxInputCharsPerWord ? Longest(word[start..], start == 0 ? _initial : _continuing, out var id) : Unknown(out id);
            if (length == 0)
            {
                ids.RemoveRange(before, ids.Count - before);
                ids.Add(UnknownTokenId);
                spans?.RemoveRange(before, spans.Count - before);
                spans?.Add((0, word.Length));
                return;
            }

            ids.Add(id);
            spans?.Add((start, length));
        }
    }

    private static int Unknown(out int id)
    {
        id = -1;
        return 0;
    }

    private int Longest(ReadOnlySpan<char> text, Dictionary<string, int> pieces, out int id)
    {
        var lookup = pieces.GetAlternateLookup<ReadOnlySpan<char>>();
        for (var length = Math.Min(text.Length, _longest); length > 0; length--)
        {
            if (lookup.TryGetValue(text[..length], out id))
                return length;
        }

        return Unknown(out id);
    }
}
