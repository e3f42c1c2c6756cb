namespace PluginLens.Tokenizers;

/// <summary>
/// The segmentation whose pieces have the largest sum of scores (Viterbi). The package has one, which leaves unknown characters apart
/// and refuses models without a beginning mark (T5's).
/// </summary>
internal sealed class UnigramModel
{
    /// <summary>How much worse than the worst piece an unknown character is.</summary>
    private const double UnknownPenalty = 10;

    private readonly ScoredPieces _pieces;
    private readonly string[] _sorted;
    private readonly int[] _ids;
    private readonly double _unknownScore;

    public UnigramModel(ScoredPieces pieces)
    {
        _pieces = pieces;
        _sorted = [.. pieces.Ids.Keys.Where(piece => !pieces.IsUnused(pieces.Ids[piece])).Order(StringComparer.Ordinal)];
        _ids = Array.ConvertAll(_sorted, piece => pieces.Ids[piece]);
        _unknownScore = (_ids.Length == 0 ? 0 : _ids.Min(pieces.Score)) - UnknownPenalty;
    }

    /// <summary>Appends the ids of a piece of text.</summary>
    public void Encode(string text, List<int> into) => _pieces.Write(text, Cut(text), into);

    private List<(int Start, int Id)> Cut(string text)
    {
        var best = new double[text.Length + 1];
        var from = new int[text.Length + 1];
        var piece = new int[text.Length + 1];
        Array.Fill(from, -1);
        for (int start = 0, width; start < text.Length; start += width)
        {
            width = char.IsSurrogatePair(text, start) ? 2 : 1;
            var single = false;

            // All pieces that begin here: the range of sorted ones that agree narrows with each character.
            var (low, high) = (0, _sorted.Length);
            for (var length = 1; start + length <= text.Length; length++)
            {
                low = First(low, high, length - 1, text[start + length - 1]);
                high = First(low, high, length - 1, text[start + length - 1] + 1);
                if (low == high)
                {
                    break;
                }

                if (_sorted[low].Length != length)
                {
                    continue;
                }

                single |= length == width;
                Offer(start, start + length, _ids[low], best[start] + _pieces.Score(_ids[low]));
            }

            if (!single)
            {
                Offer(start, start + width, -1, best[start] + _unknownScore);
            }
        }

        var path = new List<(int Start, int Id)>();
        for (var end = text.Length; end > 0; end = from[end])
        {
            path.Add((from[end], piece[end]));
        }

        path.Reverse();
        return path;

        // The path that was found first keeps its place among equals, as in the published implementations.
        void Offer(int start, int end, int id, double score)
        {
            if (from[end] >= 0 && score <= best[end])
            {
                return;
            }

            (best[end], from[end], piece[end]) = (score, start, id);
        }
    }

    /// <summary>The first of some sorted pieces, alike up to a place, whose character there is not below a value.</summary>
    private int First(int low, int high, int place, int value)
    {
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_sorted[middle].Length > place && _sorted[middle][place] >= value)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
