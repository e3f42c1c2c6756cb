using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>Byte-pair encoding whose ids are also the ranks of its merges.</summary>
public sealed class TiktokenTokenizer : Tokenizer
{
    private readonly string[] _pieces;
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, string> _specialPieces = [];
    private readonly int[] _byteIds = new int[256];
    private readonly ConcatenationTable _merges;
    private readonly Pipeline _pipeline;

    private TiktokenTokenizer(Stream vocabulary, PreTokenizer? preTokenizer, Normalizer? normalizer, IReadOnlyDictionary<string, int>? specialTokens)
    {
        PreTokenizer = preTokenizer;
        Normalizer = normalizer;
        SpecialTokens = specialTokens;
        Read(vocabulary);
        _pieces = new string[_ids.Count == 0 ? 0 : _ids.Values.Max() + 1];
        Array.Fill(_pieces, string.Empty);
        foreach (var (piece, id) in _ids)
            _pieces[id] = piece;
        foreach (var (piece, id) in specialTokens ?? new Dictionary<string, int>())
            _specialPieces[id] = piece;
        for (var b = 0; b < 256; b++)
            _byteIds[b] = _ids.TryGetValue(((char)b).ToString(), out var id) ? id : throw new FormatException($"The vocabulary lacks byte {b}.");
        _merges = new(_pieces, _ids, [.. Enumerable.Range(0, _pieces.Length)]);
        _pipeline = new(normalizer, preTokenizer, specialTokens, Encode);
    }

    public override PreTokenizer? PreTokenizer { get; }

    public override Normalizer? Normalizer { get; }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }

    /// <param name="vocabStream">Lines of a token's bytes in base 64, a space, and its id.</param>
    /// <param name="preTokenizer">Splits the text; null for none.</param>
    /// <param name="normalizer">Null for none.</param>
    /// <param name="specialTokens">Tokens that the pre-tokenizer keeps whole.</param>
    /// <param name="cacheSize">The official package remembers so many pieces; here nothing is remembered.</param>
    public static TiktokenTokenizer Create(
        Stream vocabStream, PreTokenizer? preTokenizer, Normalizer? normalizer, IReadOnlyDictionary<string, int>? specialTokens = null, int cacheSize = 8192)
    {
        ArgumentNullException.ThrowIfNull(vocabStream);
        return new(vocabStream, preTokenizer, normalizer, specialTokens);
    }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToTokens(text, textSpan, settings, Value);

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToIds(text, textSpan, settings);

    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (_specialPieces.TryGetValue(id, out var special))
                bytes.AddRange(Encoding.UTF8.GetBytes(special));
            else if (id >= 0 && id < _pieces.Length)
                bytes.AddRange(Encoding.Latin1.GetBytes(_pieces[id]));
            else
                throw new InvalidOperationException($"Id {id} is not in the vocabulary.");
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var list = ids.ToArray();
        return Pipeline.Copy(Decode(list), list.Length, destination, out idsConsumed, out charsWritten);
    }

    private void Read(Stream vocabulary)
    {
        using var reader = new StreamReader(vocabulary, Encoding.UTF8, leaveOpen: true);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0)
                continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || !int.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                throw new FormatException("A line is not a token in base 64, a space and an id.");
            _ids[Encoding.Latin1.GetString(Convert.FromBase64String(line[..space]))] = id;
        }
    }

    private string Value(int id) => _specialPieces.TryGetValue(id, out var special) ? special : Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(_pieces[id]));

    private void Encode(ReadOnlySpan<char> piece, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(piece)];
        Encoding.UTF8.GetBytes(piece, bytes);
        if (_ids.TryGetValue(Encoding.Latin1.GetString(bytes), out var whole))
        {
            ids.Add(whole);
            spans?.Add((0, piece.Length));
            return;
        }

        var symbols = new int[bytes.Length];
        var starts = new int[bytes.Length];
        for (int b = 0, c = 0; b < bytes.Length; b++)
        {
            symbols[b] = _byteIds[bytes[b]];
            starts[b] = c;
            if (b + 1 < bytes.Length && (bytes[b + 1] & 0xC0) != 0x80)
                c += char.IsHighSurrogate(piece[c]) && c + 1 < piece.Length && char.IsLowSurrogate(piece[c + 1]) ? 2 : 1;
        }

        var count = PairMerger.Merge(_merges, symbols, starts);
        for (var i = 0; i < count; i++)
        {
            ids.Add(symbols[i]);
            spans?.Add((starts[i], (i + 1 < count ? starts[i + 1] : piece.Length) - starts[i]));
        }
    }
}
