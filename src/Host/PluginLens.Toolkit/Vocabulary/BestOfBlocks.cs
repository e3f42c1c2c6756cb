namespace PluginLens.Toolkit;

/// <summary>Joins lists of blocks of a vocabulary to lists of the whole: score, then lower id.</summary>
internal sealed class BestOfBlocks
{
    private readonly List<(double Key, int Id, double Score)>[] _best;
    private readonly RowQuery _query;

    /// <summary>No block yet.</summary>
    /// <param name="rows">Number of lists.</param>
    /// <param name="query">How many, and which end.</param>
    public BestOfBlocks(int rows, RowQuery query)
    {
        _query = query;
        _best = new List<(double Key, int Id, double Score)>[rows];
        for (var row = 0; row < rows; row++)
        {
            _best[row] = [];
        }
    }

    /// <summary>Takes the lists of a block.</summary>
    /// <param name="start">Id of the block's first row.</param>
    /// <param name="lists">Its lists, ids counted from there.</param>
    public void Add(int start, RowTopK lists)
    {
        for (var row = 0; row < lists.Rows; row++)
        {
            var best = _best[row];
            var ids = lists.IdsOf(row);
            var scores = lists.ScoresOf(row);
            for (var at = 0; at < ids.Length; at++)
            {
                best.Add((Key(scores[at]), start + ids[at], scores[at]));
            }

            best.Sort((one, other) => one.Key != other.Key ? other.Key.CompareTo(one.Key) : one.Id.CompareTo(other.Id));
            best.RemoveRange(Math.Min(_query.K, best.Count), Math.Max(0, best.Count - _query.K));
        }
    }

    /// <summary>The lists of all blocks.</summary>
    public RowTopK Lists()
    {
        var k = _best.Length == 0 ? 0 : _best[0].Count;
        return new RowTopK(_best.Length, k, [.. _best.SelectMany(row => row.Select(entry => entry.Id))], [.. _best.SelectMany(row => row.Select(entry => entry.Score))]);
    }

    private double Key(double score) => _query.Order switch
    {
        RowOrder.Smallest => -score,
        RowOrder.LargestAbsolute => Math.Abs(score),
        _ => score,
    };
}
