namespace Microsoft.ML.Tokenizers;

/// <summary>SentencePiece's byte-pair encoding: of all neighbours whose union is a piece, the best-scored merge first.</summary>
internal sealed class ScoredMergeModel
{
    private readonly Dictionary<string, int> _ids;
    private readonly ConcatenationTable _merges;
    private readonly Dictionary<char, List<(string Text, int Id)>> _symbols = [];

    /// <param name="pieces">Piece by id.</param>
    /// <param name="ids">Id by piece, of those that text may hold.</param>
    /// <param name="scores">Score by id; equal ones share a rank.</param>
    /// <param name="userDefined">Pieces that are found before anything merges.</param>
    public ScoredMergeModel(string[] pieces, Dictionary<string, int> ids, float[] scores, IEnumerable<(string Text, int Id)> userDefined)
    {
        _ids = ids;
        var order = scores.Distinct().OrderDescending().Select((score, rank) => (score, rank)).ToDictionary(pair => pair.score, pair => pair.rank);
        _merges = new(pieces, ids, [.. scores.Select(score => order[score])]);
        foreach (var symbol in userDefined.Where(symbol => symbol.Text.Length > 0).OrderByDescending(symbol => symbol.Text.Length))
        {
            if (!_symbols.TryGetValue(symbol.Text[0], out var list))
                _symbols[symbol.Text[0]] = list = [];
            list.Add(symbol);
        }
    }

    /// <summary>Start, length and id of each piece, -1 for an unknown character.</summary>
    public List<(int Start, int Length, int Id)> Segment(ReadOnlySpan<char> text)
    {
        var result = new List<(int Start, int Length, int Id)>();
        var done = 0;
        for (var at = 0; _symbols.Count > 0 && at < text.Length;)
        {
            if (Symbol(text[at..]) is not { } symbol)
            {
                at++;
                continue;
            }

            Merge(text, done, at, result);
            result.Add((at, symbol.Text.Length, symbol.Id));
            done = at += symbol.Text.Length;
        }

        Merge(text, done, text.Length, result);
        return result;
    }

    private (string Text, int Id)? Symbol(ReadOnlySpan<char> rest)
    {
        if (!_symbols.TryGetValue(rest[0], out var candidates))
            return null;
        foreach (var candidate in candidates)
        {
            if (rest.StartsWith(candidate.Text, StringComparison.Ordinal))
                return candidate;
        }

        return null;
    }

    private void Merge(ReadOnlySpan<char> text, int start, int end, List<(int Start, int Length, int Id)> result)
    {
        var lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var symbols = new int[end - start];
        var starts = new int[end - start];
        var count = 0;
        for (int at = start, width; at < end; at += width)
        {
            width = char.IsHighSurrogate(text[at]) && at + 1 < end && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
            symbols[count] = lookup.TryGetValue(text.Slice(at, width), out var id) ? id : -1;
            starts[count++] = at;
        }

        count = PairMerger.Merge(_merges, symbols.AsSpan(0, count), starts.AsSpan(0, count));
        for (var i = 0; i < count; i++)
            result.Add((starts[i], (i + 1 < count ? starts[i + 1] : end) - starts[i], symbols[i]));
    }
}
