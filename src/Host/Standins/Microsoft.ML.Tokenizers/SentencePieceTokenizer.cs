using System.Buffers;
using System.Globalization;
using System.Text;

namespace Microsoft.ML.Tokenizers;

/// <summary>SentencePiece models: unigram and byte-pair encoding.</summary>
/// <remarks>A precompiled character map is left to the caller: such a model refuses to normalize.</remarks>
public class SentencePieceTokenizer : Tokenizer
{
    private delegate List<(int Start, int Length, int Id)> Segmenter(ReadOnlySpan<char> text);

    private readonly string[] _pieces;
    private readonly Segmenter _segment;
    private readonly int[] _byteIds = new int[256];
    private readonly bool _needsMap;
    private readonly Pipeline _pipeline;

    internal SentencePieceTokenizer(ModelFile file, bool addBeginning, bool addEnd, IReadOnlyDictionary<string, int>? specialTokens)
    {
        _pieces = [.. file.Pieces.Select(piece => piece.Text)];
        UnknownId = file.UnknownId;
        if (UnknownId < 0 || UnknownId >= _pieces.Length)
            throw new InvalidDataException("The model has no unknown piece.");
        (BeginningOfSentenceId, EndOfSentenceId) = (file.BeginningId, file.EndId);
        AddBeginningOfSentence = addBeginning && BeginningOfSentenceId >= 0 && BeginningOfSentenceId < _pieces.Length;
        AddEndOfSentence = addEnd && EndOfSentenceId >= 0 && EndOfSentenceId < _pieces.Length;
        (ByteFallback, AddDummyPrefix, EscapeWhiteSpaces) = (file.ByteFallback, file.AddDummyPrefix, file.EscapeWhiteSpaces);
        TreatWhitespaceAsSuffix = file.TreatWhitespaceAsSuffix;
        SpecialTokens = specialTokens;
        _needsMap = file.HasCharacterMap;
        Normalizer = new SpaceNormalizer(AddDummyPrefix, EscapeWhiteSpaces, TreatWhitespaceAsSuffix);
        _pipeline = new(Normalizer, null, specialTokens, Encode);

        var text = new Dictionary<string, int>(StringComparer.Ordinal);
        var all = new Dictionary<string, int>(StringComparer.Ordinal);
        var scores = file.Pieces.Select(piece => piece.Score).ToArray();
        for (var id = 0; id < _pieces.Length; id++)
        {
            all[_pieces[id]] = id;
            if (_pieces[id].Length > 0 && file.Pieces[id].Type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused)
                text[_pieces[id]] = id;
        }

        Vocabulary = all;
        for (var b = 0; b < 256; b++)
            _byteIds[b] = all.GetValueOrDefault("<0x" + b.ToString("X2", CultureInfo.InvariantCulture) + ">", -1);
        _segment = file.ModelType switch
        {
            1 => new UnigramModel(text, scores).Segment,
            2 => new ScoredMergeModel(_pieces, text, scores, UserDefined(file)).Segment,
            _ => throw new InvalidDataException("The model is neither unigram nor byte-pair encoding."),
        };
    }

    public IReadOnlyDictionary<string, int>? SpecialTokens { get; }

    public bool ByteFallback { get; }

    public bool AddDummyPrefix { get; }

    public bool EscapeWhiteSpaces { get; }

    public bool TreatWhitespaceAsSuffix { get; }

    public bool AddBeginningOfSentence { get; }

    public bool AddEndOfSentence { get; }

    public int BeginningOfSentenceId { get; }

    public int EndOfSentenceId { get; }

    public int UnknownId { get; }

    public override Normalizer? Normalizer { get; }

    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <param name="modelStream">A model file.</param>
    /// <param name="addBeginningOfSentence">Whether encodings begin with the beginning mark.</param>
    /// <param name="addEndOfSentence">Whether they end with the end mark.</param>
    /// <param name="specialTokens">Texts that are one token when they are a whole piece.</param>
    public static SentencePieceTokenizer Create(
        Stream modelStream, bool addBeginningOfSentence = true, bool addEndOfSentence = false, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(modelStream);
        using var bytes = new MemoryStream();
        modelStream.CopyTo(bytes);
        return new(ModelFile.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)), addBeginningOfSentence, addEndOfSentence, specialTokens);
    }

    /// <summary>A unigram model from its pieces and their scores.</summary>
    /// <param name="vocab">Piece and score; the place is the id.</param>
    /// <param name="unkId">Id of the unknown piece.</param>
    /// <param name="addBeginningOfSentence">Whether encodings begin with the beginning mark.</param>
    /// <param name="addEndOfSentence">Whether they end with the end mark.</param>
    /// <param name="precompiledCharsMap">A character map; here the caller applies it.</param>
    /// <param name="addDummyPrefix">Whether a space is put before the text.</param>
    /// <param name="escapeWhiteSpaces">Whether spaces are written as a mark.</param>
    /// <param name="treatWhitespaceAsSuffix">Whether that space goes behind the text instead.</param>
    /// <param name="byteFallback">Whether unknown characters become their bytes.</param>
    /// <param name="specialTokens">Texts that are one token when they are a whole piece.</param>
    public static SentencePieceTokenizer Create(
        IEnumerable<(string Token, float Score)> vocab, int unkId, bool addBeginningOfSentence = true, bool addEndOfSentence = false,
        ReadOnlySpan<byte> precompiledCharsMap = default, bool addDummyPrefix = true, bool escapeWhiteSpaces = true,
        bool treatWhitespaceAsSuffix = false, bool byteFallback = false, IReadOnlyDictionary<string, int>? specialTokens = null)
    {
        ArgumentNullException.ThrowIfNull(vocab);
        var file = ModelFile.Unigram(vocab, unkId, byteFallback);
        (file.HasCharacterMap, file.AddDummyPrefix) = (!precompiledCharsMap.IsEmpty, addDummyPrefix);
        (file.EscapeWhiteSpaces, file.TreatWhitespaceAsSuffix) = (escapeWhiteSpaces, treatWhitespaceAsSuffix);
        return new(file, addBeginningOfSentence, addEndOfSentence, specialTokens);
    }

    protected override EncodeResults<EncodedToken> EncodeToTokens(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        CheckMap(settings);
        var results = _pipeline.ToTokens(text, textSpan, settings, id => _pieces[id]);
        var tokens = results.Tokens.ToList();
        if (AddBeginningOfSentence)
            tokens.Insert(0, new(BeginningOfSentenceId, _pieces[BeginningOfSentenceId], 0..0));
        if (AddEndOfSentence)
            tokens.Add(new(EndOfSentenceId, _pieces[EndOfSentenceId], results.CharsConsumed..results.CharsConsumed));
        results.Tokens = tokens;
        return results;
    }

    protected override EncodeResults<int> EncodeToIds(string? text, ReadOnlySpan<char> textSpan, EncodeSettings settings)
    {
        CheckMap(settings);
        var results = _pipeline.ToIds(text, textSpan, settings);
        if (AddBeginningOfSentence)
            results.Tokens = [BeginningOfSentenceId, .. results.Tokens];
        if (AddEndOfSentence)
            results.Tokens = [.. results.Tokens, EndOfSentenceId];
        return results;
    }

    public override string Decode(IEnumerable<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var bytes = new List<byte>();
        foreach (var id in ids)
        {
            if (id < 0 || id >= _pieces.Length)
                throw new InvalidOperationException($"Id {id} is not in the vocabulary.");
            if (id == BeginningOfSentenceId || id == EndOfSentenceId)
                continue;
            var value = Array.IndexOf(_byteIds, id);
            bytes.AddRange(value >= 0 ? [(byte)value] : Encoding.UTF8.GetBytes(_pieces[id]));
        }

        var text = Encoding.UTF8.GetString([.. bytes]);
        text = EscapeWhiteSpaces ? text.Replace('▁', ' ') : text;
        return AddDummyPrefix && !TreatWhitespaceAsSuffix && text.StartsWith(' ') ? text[1..] : text;
    }

    public override OperationStatus Decode(IEnumerable<int> ids, Span<char> destination, out int idsConsumed, out int charsWritten)
    {
        var list = ids.ToArray();
        return Pipeline.Copy(Decode(list), list.Length, destination, out idsConsumed, out charsWritten);
    }

    private static IEnumerable<(string Text, int Id)> UserDefined(ModelFile file) =>
        file.Pieces.Select((piece, id) => (piece.Text, piece.Type, id))
            .Where(piece => piece.Type == PieceType.UserDefined)
            .Select(piece => (piece.Text, piece.id));

    private void CheckMap(EncodeSettings settings)
    {
        if (_needsMap && settings.ConsiderNormalization)
            throw new NotSupportedException("Normalize with the model's character map first, then encode without normalization.");
    }

    private void Encode(ReadOnlySpan<char> piece, List<int> ids, List<(int Offset, int Length)>? spans)
    {
        var afterUnknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var (start, length, id) in _segment(piece))
        {
            if (id >= 0)
            {
                Add(id, start, length);
                afterUnknown = false;
                continue;
            }

            // Unknown characters become their bytes where all of them have pieces, else one unknown token together.
            Rune.DecodeFromUtf16(piece[start..], out var rune, out _);
            var known = utf8[..rune.EncodeToUtf8(utf8)];
            if (ByteFallback && HasBytes(known))
            {
                foreach (var b in known)
                    Add(_byteIds[b], start, length);
                afterUnknown = false;
            }
            else if (afterUnknown)
            {
                if (spans is { Count: > 0 })
                    spans[^1] = (spans[^1].Offset, start + length - spans[^1].Offset);
            }
            else
            {
                Add(UnknownId, start, length);
                afterUnknown = true;
            }
        }

        void Add(int id, int start, int length)
        {
            ids.Add(id);
            spans?.Add((start, length));
        }
    }

    private bool HasBytes(ReadOnlySpan<byte> utf8)
    {
        foreach (var b in utf8)
        {
            if (_byteIds[b] < 0)
                return false;
        }

        return true;
    }
}
