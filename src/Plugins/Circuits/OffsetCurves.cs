namespace PluginLens.Plugins.Circuits;

/// <summary>How the score of a pair changes with the distance between query and key, under rotary positions.</summary>
internal sealed class OffsetCurves
{
    private const int Charted = 5;
    private readonly AnalysisContext _context;
    private readonly Table<OffsetScore> _table;
    private readonly int _last;
    private readonly List<Series> _series = [];
    private float[] _queries = [];
    private float[] _keys = [];
    private string _head = string.Empty;

    /// <summary>Opens the table.</summary>
    /// <param name="context">The run.</param>
    /// <param name="last">Largest offset, in positions.</param>
    public OffsetCurves(AnalysisContext context, int last)
    {
        (_context, _last) = (context, last);
        _table = context.Results.Table<OffsetScore>("qk-curve", groupBy: 5);
    }

    /// <summary>Begins a head, and draws the one before.</summary>
    /// <param name="queries">Before the rotation, <c>V x d_head</c>; kept.</param>
    /// <param name="keys">Before the rotation, <c>V x d_head</c>; kept.</param>
    public void Start(float[] queries, float[] keys)
    {
        Draw();
        (_queries, _keys) = (queries, keys);
    }

    /// <summary>Draws the first pairs of the head that was listed last.</summary>
    public void Draw()
    {
        if (_series.Count > 0)
        {
            _context.Results.Figure($"qk-curve-{_head}", new Chart(
                $"Head {_head}: score over the distance from key to query", "offset", "score", [.. Enumerable.Range(0, _last + 1).Select(offset => $"{offset}")], [.. _series]));
            _series.Clear();
        }
    }

    /// <summary>Lists one pair at every offset.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Head.</param>
    /// <param name="rank">Rank of the pair.</param>
    /// <param name="pair">Query row and key row.</param>
    public void Add(int layer, int head, int rank, ScoredPair pair)
    {
        var config = _context.Model.Config;
        var (query, key) = (_context.Model.Token(pair.Row), _context.Model.Token(pair.Column));
        var k = _keys.AsSpan(pair.Column * config.DHead, config.DHead).ToArray();
        Rotary.Rotate(k, config, 0);
        var scores = new List<double?>();
        for (var offset = 0; offset <= _last; offset++)
        {
            var q = _queries.AsSpan(pair.Row * config.DHead, config.DHead).ToArray();
            Rotary.Rotate(q, config, offset);
            var score = q.Zip(k, (x, y) => (double)x * y).Sum();
            scores.Add(score);
            _table.Add(new OffsetScore(layer, head, rank, query, key, offset, score));
        }

        if (rank <= Charted)
        {
            _head = $"{layer}-{head}";
            _series.Add(new Series($"{query.Text} ← {key.Text}", scores));
        }
    }
}

/// <summary>The score of a pair at one offset.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">Rank of the pair in qk-pairs.</param>
/// <param name="Query">The token that attends.</param>
/// <param name="Key">The token attended to.</param>
/// <param name="Offset">Query position minus key position.</param>
/// <param name="Score">Entry of M after both rotations, before attn_scale.</param>
public sealed record OffsetScore(int Layer, int Head, int Rank, Token Query, Token Key, int Offset, double Score);
