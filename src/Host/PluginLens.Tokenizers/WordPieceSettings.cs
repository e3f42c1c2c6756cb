using System.Text;
using Microsoft.ML.Tokenizers;

namespace PluginLens.Tokenizers;

/// <summary>A WordPiece model.</summary>
/// <param name="Pieces">Id to token; null where there is none.</param>
/// <param name="UnknownToken">What a word becomes that cannot be spelled.</param>
/// <param name="ContinuingPrefix">Mark of a token that continues a word.</param>
/// <param name="MostCharacters">Words of more code points are unknown.</param>
internal sealed record WordPieceSettings(IReadOnlyList<string?> Pieces, string UnknownToken, string ContinuingPrefix, int MostCharacters)
{
    public PieceModel Build()
    {
        var vocabulary = new StringBuilder();
        for (var id = 0; id < Pieces.Count; id++)
        {
            if (Pieces[id] is { } piece && piece.AsSpan().ContainsAny('\n', '\r'))
                throw new InvalidDataException($"Expected tokens on one line, found '{PieceTable.Shown(piece)}'.");

            // No text reaches a token with a space in it, so this keeps the place of a missing id.
            vocabulary.Append(Pieces[id] ?? $"no token {id}").Append('\n');
        }

        var tokenizer = WordPieceTokenizer.Create(new MemoryStream(Encoding.UTF8.GetBytes(vocabulary.ToString())), new WordPieceOptions
        {
            UnknownToken = UnknownToken,
            ContinuingSubwordPrefix = ContinuingPrefix,
            // The package lays out that many characters on the stack.
            MaxInputCharsPerWord = 2 * Math.Clamp(MostCharacters, 0, 10_000),
        });
        var unknownId = tokenizer.UnknownTokenId;
        return (piece, ids) =>
        {
            // The published limit counts code points, the package UTF-16 units.
            if (piece.Length > MostCharacters && piece.EnumerateRunes().Count() > MostCharacters)
                ids.Add(unknownId);
            else
                ids.AddRange(tokenizer.EncodeToIds(piece, considerPreTokenization: false, considerNormalization: false));
        };
    }
}
