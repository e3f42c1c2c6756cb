using System.Text;

namespace PluginLens.Tokenizers;

/// <summary>What both kinds of SentencePiece model choose among, and how they write what they chose.</summary>
/// <param name="ids">Id by piece, of those that text may hold.</param>
/// <param name="scores">Score by id.</param>
/// <param name="unused">Ids that a text is not given.</param>
/// <param name="unknown">Id of the unknown piece; null where there is none, and every text must be spelled.</param>
/// <param name="bytes">Where unknown characters become their bytes, else null.</param>
internal sealed class ScoredPieces(Dictionary<string, int> ids, float[] scores, IReadOnlySet<int> unused, int? unknown, BytePieces? bytes)
{
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup = ids.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The pieces and their ids.</summary>
    public IReadOnlyDictionary<string, int> Ids => ids;

    /// <summary>Id of a piece, or -1.</summary>
    public int Id(ReadOnlySpan<char> piece) => _lookup.TryGetValue(piece, out var id) ? id : -1;

    public float Score(int id) => scores[id];

    public bool IsUnused(int id) => unused.Contains(id);

    /// <summary>Appends the ids of a text that was cut into pieces. Unknown neighbours are one token together.</summary>
    /// <param name="text">The text.</param>
    /// <param name="cuts">Start and id of each piece in order; -1 = one character that is none.</param>
    /// <param name="into">Receives the ids.</param>
    public void Write(string text, IEnumerable<(int Start, int Id)> cuts, List<int> into)
    {
        var afterUnknown = false;
        foreach (var (start, id) in cuts)
        {
            if (id >= 0)
            {
                into.Add(id);
                afterUnknown = false;
                continue;
            }

            Rune.DecodeFromUtf16(text.AsSpan(start), out var rune, out _);
            if (bytes?.Cover(rune) == true)
            {
                bytes.Append(rune, into);
                afterUnknown = false;
                continue;
            }

            if (unknown is not { } piece)
            {
                throw new InvalidDataException($"Expected text that the vocabulary can spell, for it has no unknown token; found '{PieceTable.Shown(text[start..])}'.");
            }

            if (!afterUnknown)
            {
                into.Add(piece);
            }

            afterUnknown = true;
        }
    }
}
