namespace PluginLens.Toolkit;

/// <summary>
/// A vocabulary under a norm, searched without ever making the normed copy. With mean m_t and scale s_t of row e_t,
/// <c>x · norm(e_t) = (c · e_t) / s_t + x · b</c> where <c>c = x * w</c> minus its mean (RMSNorm: <c>c = x * w</c>): exact, so one matrix and
/// two numbers a token serve every layer. Cosine also takes the length of each normed row, computed once a norm.
/// McCormick, "Patterns and Messages", part 6, compares patterns with such vocabularies.
/// </summary>
public sealed class NormedVocabulary
{
    private readonly Matrix _rows;
    private readonly ModelNorm? _norm;
    private readonly double[] _gain;
    private readonly double[] _bias;
    private readonly (double Mean, double Scale)[] _moments;
    private double[]? _lengths;

    /// <summary>Reads every row once for its mean and scale.</summary>
    /// <param name="rows">The vocabulary, <c>V x d_model</c> (W_E, or W_U transposed).</param>
    /// <param name="norm">The norm; null = the rows as they are.</param>
    public NormedVocabulary(Matrix rows, ModelNorm? norm)
        : this(rows, norm, Moments(rows, norm))
    {
    }

    private NormedVocabulary(Matrix rows, ModelNorm? norm, (double Mean, double Scale)[] moments)
    {
        (_rows, _norm, _moments) = (rows, norm, moments);
        _gain = Values(norm is null ? [] : norm.Gain, 1);
        _bias = Values(norm is null ? [] : norm.Bias, 0);
    }

    /// <summary>Length of each normed row, <c>[V]</c>.</summary>
    public IReadOnlyList<double> Lengths => _lengths ??= RowLengths();

    /// <summary>The same rows under another norm; means and scales are shared where they are the same.</summary>
    /// <param name="norm">The norm; null = the rows as they are.</param>
    public NormedVocabulary Under(ModelNorm? norm) =>
        (norm?.Centres, norm?.Eps) == (_norm?.Centres, _norm?.Eps) ? new(_rows, norm, _moments) : new(_rows, norm);

    /// <summary>One normed row.</summary>
    /// <param name="token">Token id.</param>
    /// <param name="destination">Receives it, <c>[d_model]</c>.</param>
    public void CopyRow(int token, Span<float> destination)
    {
        _rows.CopyRow(token, destination);
        _norm?.Apply(destination, destination);
    }

    /// <summary>For each vector the tokens whose normed rows are most similar, exactly, in order.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>: patterns, messages, input weights of neurons.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="by">Cosine or dot product; it is the score.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Top(Compute compute, Matrix x, int k, Similarity by, bool[]? keep = null, RowOrder order = RowOrder.Largest)
    {
        var (folded, constants, factors) = Folded(x, by);
        var query = new RowQuery { K = k, Order = order, Keep = keep, Scale = Scales(by) };

        // A constant of the row changes no order of signed dot products; else it has to be in the product.
        var inside = (by == Similarity.Cosine || order == RowOrder.LargestAbsolute) && Array.Exists(constants, constant => constant != 0);
        var lists = inside ? TopWithConstants(compute, folded, constants, query) : compute.TopRows(folded, _rows, query);
        for (var at = 0; at < lists.Scores.Length; at++)
        {
            var row = at / lists.K;
            lists.Scores[at] = (lists.Scores[at] + (inside ? 0 : constants[row])) * factors[row];
        }

        return lists;
    }

    private static (double Mean, double Scale)[] Moments(Matrix rows, ModelNorm? norm)
    {
        var moments = new (double Mean, double Scale)[rows.Rows];
        if (norm is null)
        {
            Array.Fill(moments, (0, 1));
            return moments;
        }

        RowBlocks.ForEach(rows, (start, block) =>
        {
            for (var row = 0; row < block.Rows; row++)
            {
                moments[start + row] = norm.Moments(block.Row(row));
            }
        });
        return moments;
    }

    private double[] RowLengths()
    {
        var lengths = new double[_rows.Rows];
        RowBlocks.ForEach(_rows, (start, block) =>
        {
            for (var row = 0; row < block.Rows; row++)
            {
                var (mean, scale) = _moments[start + row];
                var values = block.Row(row);
                var square = 0.0;
                for (var at = 0; at < values.Length; at++)
                {
                    var normed = ((values[at] - mean) / scale * _gain[at]) + _bias[at];
                    square += normed * normed;
                }

                lengths[start + row] = Math.Sqrt(square);
            }
        });
        return lengths;
    }

    private double[] Values(ReadOnlySpan<float> given, double otherwise)
    {
        var values = new double[_rows.Columns];
        Array.Fill(values, otherwise);
        for (var at = 0; at < given.Length; at++)
        {
            values[at] = given[at];
        }

        return values;
    }

    /// <summary>c of each vector <c>n x d_model</c>, its product with the norm's bias, and what its scores are multiplied by.</summary>
    private (Matrix Folded, double[] Constants, double[] Factors) Folded(Matrix x, Similarity by)
    {
        var (folded, constants, factors) = (new float[x.Rows * x.Columns], new double[x.Rows], new double[x.Rows]);
        var gained = new double[x.Columns];
        for (var row = 0; row < x.Rows; row++)
        {
            var target = folded.AsSpan(row * x.Columns, x.Columns);
            x.CopyRow(row, target);
            double square = 0, sum = 0;
            for (var at = 0; at < target.Length; at++)
            {
                square += (double)target[at] * target[at];
                constants[row] += target[at] * _bias[at];
                sum += gained[at] = target[at] * _gain[at];
            }

            var mean = _norm is { Centres: true } ? sum / target.Length : 0;
            for (var at = 0; at < target.Length; at++)
            {
                target[at] = (float)(gained[at] - mean);
            }

            factors[row] = by == Similarity.Dot ? 1 : square == 0 ? 0 : 1 / Math.Sqrt(square);
        }

        return (new Matrix(folded, x.Rows, x.Columns), constants, factors);
    }

    /// <summary>What each token's product is multiplied by, <c>[V]</c>; null = 1.</summary>
    private float[]? Scales(Similarity by)
    {
        if (by == Similarity.Dot && _norm is null)
        {
            return null;
        }

        var scales = new float[_rows.Rows];
        for (var token = 0; token < scales.Length; token++)
        {
            var length = by == Similarity.Cosine ? Lengths[token] : 1;
            scales[token] = length == 0 ? 0 : (float)(1 / (_moments[token].Scale * length));
        }

        return scales;
    }

    /// <summary>Each vector gets its constant and each token its scale as one more coordinate, block by block: <c>c · e_t + s_t (x · b)</c>.</summary>
    private RowTopK TopWithConstants(Compute compute, Matrix folded, double[] constants, RowQuery query)
    {
        var (depth, wide) = (folded.Columns, folded.Columns + 1);
        var x = new float[folded.Rows * wide];
        RowBlocks.Copy(folded, wide, x);
        for (var row = 0; row < folded.Rows; row++)
        {
            x[(row * wide) + depth] = (float)constants[row];
        }

        var best = new BestOfBlocks(folded.Rows, query);
        var size = Math.Min(RowBlocks.Size(wide), _rows.Rows);
        var buffer = new float[size * wide];
        for (var start = 0; start < _rows.Rows; start += size)
        {
            var count = Math.Min(size, _rows.Rows - start);
            RowBlocks.Copy(_rows.Slice(start, count), wide, buffer);
            for (var row = 0; row < count; row++)
            {
                buffer[(row * wide) + depth] = (float)_moments[start + row].Scale;
            }

            best.Add(start, compute.TopRows(new Matrix(x, folded.Rows, wide), new Matrix(buffer, count, wide), query with
            {
                Keep = query.Keep?[start..(start + count)],
                Scale = query.Scale?[start..(start + count)],
            }));
        }

        return best.Lists();
    }
}
