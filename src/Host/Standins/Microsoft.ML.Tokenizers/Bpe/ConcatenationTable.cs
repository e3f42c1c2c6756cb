using System.Collections.Concurrent;

namespace Microsoft.ML.Tokenizers;

/// <summary>Two symbols merge where the vocabulary holds them written together; found when asked and remembered.</summary>
/// <param name="pieces">Piece by id.</param>
/// <param name="ids">Id by piece, of those that a merge may yield.</param>
/// <param name="ranks">Rank by id; a smaller one merges first.</param>
internal sealed class ConcatenationTable(string[] pieces, Dictionary<string, int> ids, int[] ranks) : PairTable
{
    private const int MostRemembered = 1 << 20;

    private readonly ConcurrentDictionary<long, long> _known = new();
    private readonly int _longest = ids.Count == 0 ? 0 : ids.Keys.Max(piece => piece.Length);

    public override long Find(int left, int right)
    {
        if (left < 0 || right < 0 || pieces[left].Length + pieces[right].Length > _longest)
            return None;
        var key = Key(left, right);
        if (_known.TryGetValue(key, out var merge))
            return merge;
        merge = ids.TryGetValue(pieces[left] + pieces[right], out var id) ? Pack(ranks[id], id) : None;
        if (_known.Count < MostRemembered)
            _known[key] = merge;
        return merge;
    }
}
