using System.Text;

namespace PluginLens.Tokenizers;

/// <summary>The segmentation whose pieces have the largest sum of scores (Viterbi). The package's own leaves unknown characters apart and refuses models without a beginning mark.</summary>
internal sealed class UnigramModel
{
    /// <summary>How much worse than the worst piece an unknown character is.</summary>
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;
    private readonly float[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int _longest;
    private readonly int[]? _bytes;

    /// <param name="ids">Id by piece, of those that text may hold.</param>
    /// <param name="scores">Score by id.</param>
    /// <param name="unknown">Id of the unknown piece.</param>
    /// <param name="bytes">Id by byte (-1 = none) where unknown characters become their bytes, else null.</param>
    public UnigramModel(Dictionary<string, int> ids, float[] scores, int unknown, int[]? bytes)
    {
        if (unknown < 0 || unknown >= scores.Length)
            throw new InvalidDataException($"Expected the unknown piece to be one of {scores.Length}, found id {unknown}.");
        (_ids, _scores, _unknown, _bytes) = (ids.GetAlternateLookup<ReadOnlySpan<char>>(), scores, unknown, bytes);
        _unknownScore = (ids.Count == 0 ? 0 : ids.Values.Min(id => scores[id])) - UnknownPenalty;
        _longest = ids.Count == 0 ? 0 : ids.Keys.Max(piece => piece.Length);
    }

    /// <summary>Appends the ids of a piece of text.</summary>
    public void Encode(string text, List<int> into)
    {
        var afterUnknown = false;
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var (start, id) in Segment(text))
        {
            if (id >= 0)
            {
                into.Add(id);
                afterUnknown = false;
                continue;
            }

            // Unknown characters become their bytes where all of them have pieces, else one unknown token together.
            Rune.DecodeFromUtf16(text.AsSpan(start), out var rune, out _);
            var known = utf8[..rune.EncodeToUtf8(utf8)];
            if (_bytes is not null && BpeSettings.All(known, _bytes))
            {
                foreach (var b in known)
                    into.Add(_bytes[b]);
                afterUnknown = false;
            }
            else
            {
                if (!afterUnknown)
                    into.Add(_unknown);
                afterUnknown = true;
            }
        }
    }

    private List<(int Start, int Id)> Segment(ReadOnlySpan<char> text)
    {
        var best = new double[text.Length + 1];
        var from = new int[text.Length + 1];
        var piece = new int[text.Length + 1];
        Array.Fill(from, -1);
        for (int start = 0, width; start < text.Length; start += width)
        {
            width = char.IsHighSurrogate(text[start]) && start + 1 < text.Length && char.IsLowSurrogate(text[start + 1]) ? 2 : 1;
            var single = false;
            for (var length = 1; length <= _longest && start + length <= text.Length; length++)
            {
                if (!_ids.TryGetValue(text.Slice(start, length), out var id))
                    continue;
                single |= length == width;
                Offer(start, start + length, id, best[start] + _scores[id]);
            }

            if (!single)
                Offer(start, start + width, -1, best[start] + _unknownScore);
        }

        var path = new List<(int Start, int Id)>();
        for (var end = text.Length; end > 0; end = from[end])
            path.Add((from[end], piece[end]));
        path.Reverse();
        return path;

        // The path that was found first keeps its place among equals, as in the published implementations.
        void Offer(int start, int end, int id, double score)
        {
            if (from[end] >= 0 && score <= best[end])
                return;
            (best[end], from[end], piece[end]) = (score, start, id);
        }
    }
}
