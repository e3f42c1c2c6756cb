namespace PluginLens.Tokenizers;

/// <summary>
/// Merges neighbours into pieces, the best score first, the left pair among equals, until no two of them make one. The package has such
/// a model, which takes the right pair among equals.
/// </summary>
/// <param name="pieces">The vocabulary.</param>
internal sealed class MergingModel(ScoredPieces pieces)
{
    /// <summary>Appends the ids of a piece of text.</summary>
    public void Encode(string text, List<int> into) => pieces.Write(text, Cut(text), into);

    private List<(int Start, int Id)> Cut(string text)
    {
        // A symbol is known by where it starts; one that was merged into its left neighbour has no length.
        var lengths = new int[text.Length + 1];
        var previous = new int[text.Length + 1];
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float Score, int Left)>();
        var halves = new Dictionary<int, int>();
        for (int start = 0, before = -1; start < text.Length; before = start, start += lengths[start])
        {
            lengths[start] = char.IsSurrogatePair(text, start) ? 2 : 1;
            previous[start] = before;
            Offer(before, start);
        }

        while (queue.TryDequeue(out var pair, out _))
        {
            var (left, right, length) = pair;
            if (lengths[left] == 0 || lengths[right] == 0 || lengths[left] + lengths[right] != length)
            {
                continue;
            }

            lengths[left] = length;
            lengths[right] = 0;
            previous[left + length] = left;
            Offer(previous[left], left);
            Offer(left, left + length);
        }

        var cuts = new List<(int Start, int Id)>();
        for (var start = 0; start < text.Length; start += lengths[start])
        {
            Settle(start, lengths[start]);
        }

        return cuts;

        void Offer(int left, int right)
        {
            if (left < 0 || right >= text.Length)
            {
                return;
            }

            var length = lengths[left] + lengths[right];
            var id = pieces.Id(text.AsSpan(left, length));
            if (id < 0)
            {
                return;
            }

            queue.Enqueue((left, right, length), (-pieces.Score(id), left));
            if (pieces.IsUnused(id))
            {
                halves[id] = lengths[left];
            }
        }

        // A piece that text is not given falls apart again into those that it was made of.
        void Settle(int start, int length)
        {
            var id = pieces.Id(text.AsSpan(start, length));
            if (id >= 0 && pieces.IsUnused(id) && halves.TryGetValue(id, out var half))
            {
                Settle(start, half);
                Settle(start + half, length - half);
            }
            else
            {
                cuts.Add((start, id));
            }
        }
    }
}
