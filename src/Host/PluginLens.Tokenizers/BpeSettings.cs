using System.Text;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Tokenizers;

/// <summary>A byte-pair model and how it treats what it does not know.</summary>
internal sealed record BpeSettings
{
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>Lines <c>left right</c>.</summary>
    public required IEnumerable<string> Merges { get; init; }

    public string? UnknownToken { get; init; }

    public bool FuseUnknown { get; init; }

    public string? ContinuingPrefix { get; init; }

    public string? EndOfWordSuffix { get; init; }

    /// <summary>Whether pieces arrive as text whose UTF-8 bytes are the symbols.</summary>
    public bool ByteLevel { get; init; }

    /// <summary>Whether a character outside the vocabulary becomes its bytes (<c>&lt;0xE2&gt;</c>).</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a piece that is in the vocabulary is that token, however merges would reach it.</summary>
    public bool IgnoreMerges { get; init; }

    public PieceModel Build()
    {
        var tokenizer = BpeTokenizer.Create(new BpeOptions(Vocabulary)
        {
            Merges = Merges,
            UnknownToken = UnknownToken,
            FuseUnknownTokens = FuseUnknown,
            ContinuingSubwordPrefix = ContinuingPrefix,
            EndOfWordSuffix = EndOfWordSuffix,
            ByteLevel = ByteLevel,
        });
        var merged = ModelJson.Whole(tokenizer);
        var model = ByteFallback ? WithByteFallback(merged) : merged;
        return IgnoreMerges ? WholeFirst(model) : model;
    }

    /// <summary>Id by byte of the tokens that stand for bytes; -1 = none.</summary>
    internal static int[] ByteIds(IReadOnlyDictionary<string, int> vocabulary) =>
        [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];

    private PieceModel WholeFirst(PieceModel model) => (piece, ids) =>
    {
        if (Vocabulary.TryGetValue(ByteLevel ? ByteAlphabet.Write(piece) : piece, out var id))
            ids.Add(id);
        else
            model(piece, ids);
    };

    /// <summary>An unknown character merges with nothing, so the text may be cut around it.</summary>
    private PieceModel WithByteFallback(PieceModel model)
    {
        var bytes = ByteIds(Vocabulary);
        return (piece, ids) =>
        {
            Span<byte> utf8 = stackalloc byte[4];
            var done = 0;
            for (int i = 0, width; i < piece.Length; i += width)
            {
                Rune.DecodeFromUtf16(piece.AsSpan(i), out var rune, out width);
                if (Vocabulary.ContainsKey(piece.Substring(i, width)))
                    continue;
                var known = utf8[..rune.EncodeToUtf8(utf8)];
                if (!All(known, bytes))
                    continue;
                if (done < i)
                    model(piece[done..i], ids);
                foreach (var b in known)
                    ids.Add(bytes[b]);
                done = i + width;
            }

            if (done < piece.Length)
                model(piece[done..], ids);
        };
    }

    internal static bool All(ReadOnlySpan<byte> utf8, int[] bytes)
    {
        foreach (var b in utf8)
        {
            if (bytes[b] < 0)
                return false;
        }

        return true;
    }
}
