namespace PluginLens.Plugins.Circuits;

/// <summary>Reads directions as words. With norms in the weights an unembedding stands under the gain of the final norm, and tokens without their mean where norms subtract it: no such copy is made.</summary>
internal sealed class DirectionReader
{
    private readonly AnalysisContext _context;
    private readonly CircuitSvdOptions _options;
    private readonly SimilarWords _similar;
    private readonly VocabularySides _sides;
    private readonly bool _centres;
    private readonly ReadOnlyMemory<float> _gain;
    private readonly Dictionary<bool, float[]> _scales = [];

    /// <summary>Judges the vocabulary once.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Lists, score, norms, sides.</param>
    public DirectionReader(AnalysisContext context, CircuitSvdOptions options)
    {
        var model = context.Model;
        (_context, _options, _similar, _sides) = (context, options, new SimilarWords(context, options, options.K), new VocabularySides(model, options.Embedding));
        _centres = options.Fold == NormFolding.Full && model.Config.Norm.StartsWith("LN", StringComparison.Ordinal);
        _gain = options.Fold != NormFolding.None && ModelNorm.Final(model) is { } final ? final.Gain.ToArray() : default;
    }

    /// <summary>What was compared how, for notes.</summary>
    public string Description => NoteLine.Of(_sides.Description, _options.Score == Similarity.Cosine ? "cosine" : "dot product", _similar.Description);

    /// <summary>The words of every end of some matrices of one kind, one search for each side.</summary>
    /// <param name="found">The matrices.</param>
    /// <returns>List after list, best word first.</returns>
    public IEnumerable<DirectionWord> Words(List<Decomposition> found)
    {
        var vectors = found.ConvertAll(one => one.Vectors());
        var from = Lists([.. vectors.SelectMany(pair => pair.From ?? [])], writes: false);
        var to = Lists([.. vectors.SelectMany(pair => pair.To ?? [])], writes: found[0].Matrix != CircuitMatrix.Qk);
        var at = 0;
        foreach (var one in found)
        {
            foreach (var (direction, end) in one.Listed)
            {
                var (left, right) = (from.ElementAtOrDefault(at), to.ElementAtOrDefault(at));
                at++;
                for (var rank = 0; rank < Math.Max(left?.Ids.Length ?? 0, right?.Ids.Length ?? 0); rank++)
                {
                    yield return new DirectionWord(
                        one.Matrix, one.Layer, one.Head, direction + 1, end, rank + 1, Token(left, rank), Score(left, rank), Token(right, rank), Score(right, rank),
                        Large(left, rank), Large(right, rank), left is null ? null : _similar.IsHighBias(left), right is null ? null : _similar.IsHighBias(right));
                }
            }
        }
    }

    private Token? Token(TokenList? list, int rank) => list is not null && rank < list.Ids.Length ? _context.Model.Token(list.Ids[rank]) : null;

    private bool? Large(TokenList? list, int rank) => list is not null && rank < list.Ids.Length ? _similar.IsLargeNorm(list.Ids[rank]) : null;

    private static double? Score(TokenList? list, int rank) => list is not null && rank < list.Ids.Length ? list.Scores[rank] : null;

    /// <summary>With L what the norms do to a token e, <c>x · L e / |L e| = (Lᵀ x) · e / |L e|</c>.</summary>
    private TokenList[] Lists(List<float[]> vectors, bool writes)
    {
        if (vectors.Count == 0)
        {
            return [];
        }

        var rows = _sides.Of(writes);
        var x = new Matrix(vectors.SelectMany(vector => Turned(vector, writes)).ToArray(), vectors.Count, rows.Columns);
        var scale = _options.Score == Similarity.Cosine ? Scales(rows, writes) : null;
        return _similar.Of((k, keep) => _context.Compute.TopRows(x, rows, new RowQuery { K = k, Keep = keep, Scale = scale }));
    }

    private float[] Turned(float[] vector, bool writes)
    {
        var mean = _centres ? vector.Average(value => (double)value) : 0;
        return [.. vector.Select((value, at) => (float)((value - mean) * Gain(writes, at)))];
    }

    private double Gain(bool writes, int at) => writes && !_gain.IsEmpty ? _gain.Span[at] : 1;

    /// <summary>One over the length of each token, <c>[V]</c>.</summary>
    private float[] Scales(Matrix rows, bool writes)
    {
        if (_scales.TryGetValue(writes, out var known))
        {
            return known;
        }

        var (scales, row) = (new float[rows.Rows], new float[rows.Columns]);
        for (var token = 0; token < scales.Length; token++)
        {
            rows.CopyRow(token, row);
            double sum = 0, square = 0;
            for (var at = 0; at < row.Length; at++)
            {
                var value = row[at] * Gain(writes, at);
                (sum, square) = (sum + value, square + (value * value));
            }

            // Tokens that are all mean have no direction left: what rounding leaves of them counts as 0.
            var rest = _centres ? square - (sum * sum / row.Length) : square;
            scales[token] = rest > 1e-12 * square ? (float)(1 / Math.Sqrt(rest)) : 0;
        }

        return _scales[writes] = scales;
    }
}
