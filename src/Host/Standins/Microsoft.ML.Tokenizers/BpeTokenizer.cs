using System.Buffers;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>Byte-pair encoding, of characters or (GPT-2) of UTF-8 bytes.</summary>
public sealed class BpeTokenizer : Tokenizer
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Lazy<Dictionary<int, string>> _pieces;
    private readonly MergeTable _merges;
    private readonly Pipeline _pipeline;
    private readonly int[] _byteIds = new int[256];
    private readonly int _unknownId = -1;

    private BpeTokenizer(BpeOptions options)
    {
        _vocabulary = new(StringComparer.Ordinal);
        foreach (var (piece, id) in options.Vocabulary)
            _vocabulary[piece] = id;

        ByteLevel = options.ByteLevel;
        SpecialTokens = options.SpecialTokens;
        PreTokenizer = options.PreTokenizer;
        Normalizer = options.Normalizer;
        UnknownToken = options.UnknownToken;
        FuseUnknownTokens = options.FuseUnknownTokens;
        ContinuingSubwordPrefix = options.ContinuingSubwordPrefix;
        EndOfWordSuffix = options.EndOfWordSuffix;
        if (!string.IsNullOrEmpty(UnknownToken) && !_vocabulary.TryGetValue(UnknownToken, out _unknownId))
            throw new InvalidOperationException("The unknown token is not in the vocabulary.");
        _merges = new(options.Merges ?? [], _vocabulary, ContinuingSubwordPrefix ?? string.Empty);
        Span<char> character = stackalloc char[1];
        for (var b = 0; b < 256; b++)
        {
            character[0] = ByteAlphabet.Character((byte)b);
            _byteIds[b] = IdOrMinusOne(character);
        }

        _pieces = new(() =>
        {
            var pieces = new Dictionary<int, string>(_vocabulary.Count);
            foreach (var (piece, id) in _vocabulary)
                pieces[id] = piece;
            foreach (var (piece, id) in SpecialTokens ?? new Dictionary<string, int>())
                pieces.TryAdd(id, piece);
            return pieces;
        });
        _pipeline = new(Normalizer, PreTokenizer, SpecialTokens, ByteLevel ? EncodeBytes : EncodeCharacters);
    }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }

    public string? UnknownToken { get; }

    public string? ContinuingSubwordPrefix { get; }

    public string? EndOfWordSuffix { get; }

    public bool FuseUnknownTokens { get; }

    public bool ByteLevel { get; }

    public override PreTokenizer? PreTokenizer { get; }

    public override Normalizer? Normalizer { get; }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public static BpeTokenizer Create(BpeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options);
    }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToTokens(text, textSpan, settings, id => _pieces.Value[id]);

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings) =>
        _pipeline.ToIds(text, textSpan, settings);

    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (!_pieces.Value.TryGetValue(id, out var piece))
                throw new InvalidOperationException($"Id {id} is not in the vocabulary.");
            if (ByteLevel && piece.All(c => ByteAlphabet.Byte(c) >= 0))
                bytes.AddRange(piece.Select(c => (byte)ByteAlphabet.Byte(c)));
            else if (!string.IsNullOrEmpty(EndOfWordSuffix) && piece.EndsWith(EndOfWordSuffix, StringComparison.Ordinal))
                bytes.AddRange(Encoding.UTF8.GetBytes(piece[..^EndOfWordSuffix.Length] + ' '));
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(piece));
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var list = ids.ToArray();
        return Pipeline.Copy(Decode(list), list.Length, destination, out idsConsumed, out charsWritten);
    }

    private int IdOrMinusOne(ReadOnlySpan<char> piece) =>
        _vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(piece, out var id) ? id : -1;

    private void EncodeBytes(ReadOnlySpan<char> piece, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var most = Encoding.UTF8.GetMaxByteCount(piece.Length);
        var rented = most <= 256 ? null : new byte[most];
        Span<byte> bytes = rented ?? stackalloc byte[256];
        bytes = bytes[..Encoding.UTF8.GetBytes(piece, bytes)];
        var symbols = bytes.Length <= 256 ? stackalloc int[256] : new int[bytes.Length];
        var starts = bytes.Length <= 256 ? stackalloc int[256] : new int[bytes.Length];
        var count = 0;
        for (int b = 0, c = 0; b < bytes.Length; b++)
        {
            Add(_byteIds[bytes[b]], c, symbols, starts, ref count);

            // Offsets count UTF-16 units: a character advances at the start of the next one, an astral one by two.
            if (b + 1 < bytes.Length && (bytes[b + 1] & 0xC0) != 0x80)
                c += char.IsHighSurrogate(piece[c]) && c + 1 < piece.Length && char.IsLowSurrogate(piece[c + 1]) ? 2 : 1;
        }

        Finish(piece.Length, symbols[..count], starts[..count], ids, spans);
    }

    private void EncodeCharacters(ReadOnlySpan<char> piece, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var symbols = piece.Length <= 256 ? stackalloc int[256] : new int[piece.Length];
        var starts = piece.Length <= 256 ? stackalloc int[256] : new int[piece.Length];
        var count = 0;
        for (int i = 0, length; i < piece.Length; i += length)
        {
            length = char.IsHighSurrogate(piece[i]) && i + 1 < piece.Length && char.IsLowSurrogate(piece[i + 1]) ? 2 : 1;
            var prefix = i == 0 ? null : ContinuingSubwordPrefix;
            var suffix = i + length < piece.Length ? null : EndOfWordSuffix;
            var character = piece.Slice(i, length);
            var plain = string.IsNullOrEmpty(prefix) && string.IsNullOrEmpty(suffix);
            Add(IdOrMinusOne(plain ? character : $"{prefix}{character}{suffix}"), i, symbols, starts, ref count);
        }

        Finish(piece.Length, symbols[..count], starts[..count], ids, spans);
    }

    private void Add(int id, int start, Span<int> symbols, Span<int> starts, ref int count)
    {
        if (id < 0)
        {
            if (_unknownId < 0 || (FuseUnknownTokens && count > 0 && symbols[count - 1] == _unknownId))
                return;
            id = _unknownId;
        }

        symbols[count] = id;
        starts[count++] = start;
    }

    private void Finish(int length, Span<int> symbols, Span<int> starts, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var count = PairMerger.Merge(_merges, symbols, starts);
        for (var i = 0; i < count; i++)
        {
            ids.Add(symbols[i]);
            spans?.Add((starts[i], (i + 1 < count ? starts[i + 1] : length) - starts[i]));
        }
    }
}
