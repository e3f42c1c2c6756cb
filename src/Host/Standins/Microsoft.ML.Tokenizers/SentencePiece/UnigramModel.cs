namespace Microsoft.ML.Tokenizers;

/// <summary>The segmentation whose pieces have the largest sum of scores (Viterbi).</summary>
internal sealed class UnigramModel
{
    /// <summary>How much worse than the worst piece an unknown character is.</summary>
    private const double UnknownPenalty = 10;

    private readonly PieceTrie _trie;
    private readonly float[] _scores;
    private readonly double _unknownScore;

    /// <param name="ids">Id by piece, of those that text may hold.</param>
    /// <param name="scores">Score by id.</param>
    public UnigramModel(Dictionary<string, int> ids, float[] scores)
    {
        _trie = new(ids);
        _scores = scores;
        _unknownScore = (ids.Count == 0 ? 0 : ids.Values.Min(id => scores[id])) - UnknownPenalty;
    }

    /// <summary>Start, length and id of each piece, -1 for an unknown character.</summary>
    public List<(int Start, int Length, int Id)> Segment(ReadOnlySpan<char> text)
    {
        var best = new double[text.Length + 1];
        var from = new int[text.Length + 1];
        var piece = new int[text.Length + 1];
        Array.Fill(from, -1);
        for (int start = 0, width; start < text.Length; start += width)
        {
            width = char.IsHighSurrogate(text[start]) && start + 1 < text.Length && char.IsLowSurrogate(text[start + 1]) ? 2 : 1;
            var single = false;
            for (int end = start, node = 0; end < text.Length && (node = _trie.Step(node, text[end])) >= 0;)
            {
                end++;
                if (_trie.Id(node) is not (>= 0 and var id))
                    continue;
                single |= end - start == width;
                Offer(start, end, id, best[start] + _scores[id]);
            }

            if (!single)
                Offer(start, start + width, -1, best[start] + _unknownScore);
        }

        var path = new List<(int Start, int Length, int Id)>();
        for (var end = text.Length; end > 0; end = from[end])
            path.Add((from[end], end - from[end], piece[end]));
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
