using System.Text;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Tokenizers;

/// <summary>A byte-pair model and how it treats what it does not know.</summary>
internal sealed record BpeSettings
{
    public required IReadOnlyDictionary<string, int> Vocabulary { get; init; }

    /// <summary>The best first.</summary>
    public required IEnumerable<Merge> Merges { get; init; }

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
        if (UnknownToken is not null && !Vocabulary.ContainsKey(UnknownToken))
        {
            throw new InvalidDataException($"Expected the unknown token '{PieceTable.Shown(UnknownToken)}' in the vocabulary, found no such token.");
        }
        // The package wants a merge as one string with a space between the two, so that tokens that hold spaces get another character for them.
        var spaced = Vocabulary.Keys.Any(piece => piece.Contains(' ', StringComparison.Ordinal));
        var space = spaced ? Unused() : ' ';
        string Written(string piece) => spaced ? piece.Replace(' ', space) : piece;
        var tokenizer = BpeTokenizer.Create(new BpeOptions(spaced ? Vocabulary.ToDictionary(entry => Written(entry.Key), entry => entry.Value, StringComparer.Ordinal) : Vocabulary)
        {
            Merges = Merges.Select((merge, index) => Line(merge, index, Written)),
            UnknownToken = UnknownToken is { } unknown ? Written(unknown) : null,
            FuseUnknownTokens = FuseUnknown,
            ContinuingSubwordPrefix = ContinuingPrefix,
            EndOfWordSuffix = EndOfWordSuffix,
            ByteLevel = ByteLevel,
        });
        var whole = ModelJson.Whole(tokenizer);
        PieceModel merged = spaced && !ByteLevel ? (piece, ids) => whole(Written(piece.Replace(space, '\uFFFE')), ids) : whole;
        var model = ByteFallback ? WithByteFallback(merged) : merged;
        return IgnoreMerges ? WholeFirst(model) : model;
    }

    /// <summary>A merge as the package reads it; one that it would refuse is named here.</summary>
    private string Line(Merge merge, int index, Func<string, string> written)
    {
        var prefix = ContinuingPrefix?.Length ?? 0;
        var joined = merge.Right.Length < prefix ? merge.Right : string.Concat(merge.Left, merge.Right.AsSpan(prefix));
        foreach (var token in (ReadOnlySpan<string>)[merge.Left, merge.Right, joined])
        {
            if (!Vocabulary.ContainsKey(token))
            {
                throw new InvalidDataException($"Merge {index + 1} names a token that the vocabulary lacks: '{PieceTable.Shown(token)}'.");
            }
        }

        return $"{written(merge.Left)} {written(merge.Right)}";
    }

    /// <summary>A noncharacter that no token holds.</summary>
    private char Unused()
    {
        for (var c = '\uFDD0'; c <= '\uFDEF'; c++)
        {
            if (!Vocabulary.Keys.Any(piece => piece.Contains(c, StringComparison.Ordinal)))
            {
                return c;
            }
        }

        throw new InvalidDataException("Expected a vocabulary without all of U+FDD0 to U+FDEF.");
    }

    private PieceModel WholeFirst(PieceModel model) => (piece, ids) =>
    {
        if (Vocabulary.TryGetValue(ByteLevel ? ByteAlphabet.Write(piece) : piece, out var id))
        {
            ids.Add(id);
        }
        else
        {
            model(piece, ids);
        }
    };

    /// <summary>An unknown character merges with nothing, so the text may be cut around it.</summary>
    private PieceModel WithByteFallback(PieceModel model)
    {
        var bytes = new BytePieces(Vocabulary);
        return (piece, ids) =>
        {
            var done = 0;
            for (int i = 0, width; i < piece.Length; i += width)
            {
                Rune.DecodeFromUtf16(piece.AsSpan(i), out var rune, out width);
                if (Vocabulary.ContainsKey(piece.Substring(i, width)) || !bytes.Cover(rune))
                {
                    continue;
                }

                if (done < i)
                {
                    model(piece[done..i], ids);
                }

                bytes.Append(rune, ids);
                done = i + width;
            }

            if (done < piece.Length)
            {
                model(piece[done..], ids);
            }
        };
    }
}
