namespace PluginLens.Toolkit;

/// <summary>
/// A vocabulary under a norm, searched without ever making the normed copy. With mean m_t and scale s_t of row e_t,
/// <c>x · norm(e_t) = (c · e_t) / s_t + x · b</c> where <c>c = x * w</c> minus its mean (RMSNorm: <c>c = x * w</c>): exact, so one matrix and
/// two numbers a token serve every layer. Cosine also takes the length of each normed row, computed once a norm. Centred rows (minus their mean v over the
/// vocabulary) need no copy either: <c>x · (v_t - v) = x · v_t - x · v</c>. McCormick, "Patterns and Messages", part 6, compares patterns with such vocabularies.
/// </summary>
public sealed class NormedVocabulary
{
    private readonly ModelNorm? _norm;
    private NormedRows _normed;
    private float[]? _added;
    private double[]? _mean;
    private double[]? _lengths;
    private NormedVocabulary? _centred;

    /// <summary>Reads every row once for its mean and scale.</summary>
    /// <param name="rows">The vocabulary, <c>V x d_model</c> (W_E, or W_U transposed).</param>
    /// <param name="norm">The norm; null = the rows as they are.</param>
    public NormedVocabulary(Matrix rows, ModelNorm? norm)
        : this(rows, norm, NormedRows.MomentsOf(rows, norm))
    {
    }

    private NormedVocabulary(Matrix rows, ModelNorm? norm, (double Mean, double Scale)[] moments) =>
        (_norm, _normed) = (norm, new NormedRows(rows, moments, Values(rows, norm is null ? [] : norm.Gain, 1), Values(rows, norm is null ? [] : norm.Bias, 0), centresLast: false));

    private NormedVocabulary(Matrix rows, ReadOnlySpan<float> gain, ReadOnlySpan<float> bias, bool centresLast) =>
        _normed = new NormedRows(rows, NormedRows.MomentsOf(rows, norm: null), Values(rows, gain, 1), Values(rows, bias, 0), centresLast);

    /// <summary>
    /// What a vector of the residual stream writes: <c>((m - mean(m)) * w) · u_t</c>, the final norm without scale and bias, which is <c>m · v_t</c> with
    /// <c>v_t = u_t * w</c> minus its mean (RMSNorm: no means).
    /// </summary>
    /// <param name="rows">The unembedding, <c>V x d_model</c>.</param>
    /// <param name="final">The final norm; null = none.</param>
    public static NormedVocabulary Written(Matrix rows, ModelNorm? final) => new(rows, final is null ? [] : final.Gain, [], final is { Centres: true });

    /// <summary>Rows under a part of a norm: neither centred nor scaled, <c>e_t * w + b</c>.</summary>
    /// <param name="rows">The vocabulary, <c>V x d_model</c>.</param>
    /// <param name="norm">Whose w and b.</param>
    /// <param name="biased">Whether b is added.</param>
    public static NormedVocabulary Gained(Matrix rows, ModelNorm norm, bool biased) => new(rows, norm.Gain, biased ? norm.Bias : [], centresLast: false);

    /// <summary>What is taken from each row, and what it is divided by, before the gain, <c>[V]</c>.</summary>
    internal IReadOnlyList<(double Mean, double Scale)> Moments => _normed.Moments;

    /// <summary>Length of each normed row, <c>[V]</c>; of centred rows 0 for those that are the mean.</summary>
    public IReadOnlyList<double> Lengths => _lengths ??= _normed.Lengths(_mean);

    /// <summary>The same rows minus their mean over the vocabulary.</summary>
    public NormedVocabulary Centred => _centred ??= Changed(copy => copy._mean = copy._normed.Mean());

    /// <summary>The same rows without the norm's bias.</summary>
    public NormedVocabulary Unbiased => Changed(copy => copy._normed = _normed.Unbiased);

    /// <summary>The same rows with a number added to each token's products, not to its cosines.</summary>
    /// <param name="added">b_U, <c>[V]</c>; null = nothing.</param>
    public NormedVocabulary With(float[]? added) => Changed(copy => copy._added = added);

    /// <summary>The same rows under another norm; means and scales are shared where they are the same.</summary>
    /// <param name="norm">The norm; null = the rows as they are.</param>
    public NormedVocabulary Under(ModelNorm? norm) =>
        (norm?.Centres, norm?.Eps) == (_norm?.Centres, _norm?.Eps) ? new(_normed.Rows, norm, _normed.Moments) : new(_normed.Rows, norm);

    /// <summary>One normed row.</summary>
    /// <param name="token">Token id.</param>
    /// <param name="destination">Receives it, <c>[d_model]</c>.</param>
    public void CopyRow(int token, Span<float> destination)
    {
        _normed.Rows.CopyRow(token, destination);
        var row = new double[destination.Length];
        _normed.Read(destination, token, row);
        for (var at = 0; at < row.Length; at++)
        {
            destination[at] = (float)(row[at] - (_mean?[at] ?? 0));
        }
    }

    /// <summary>For each vector the tokens whose normed rows are most similar, exactly, in order.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>: patterns, messages, input weights of neurons.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="by">Cosine or dot product; it is the score.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Top(Compute compute, Matrix x, int k, Similarity by, bool[]? keep = null, RowOrder order = RowOrder.Largest) =>
        Top(compute, x, k, by == Similarity.Cosine ? CosineOf.Both : CosineOf.None, keep, order);

    /// <summary>For each vector the tokens whose rows have the largest product with it, exactly, in order.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="cosine">What the products, which are the scores, are divided by.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Top(Compute compute, Matrix x, int k, CosineOf cosine, bool[]? keep = null, RowOrder order = RowOrder.Largest)
    {
        var (folded, constants, factors) = Folded(x, cosine);
        var query = new RowQuery { K = k, Order = order, Keep = keep, Scale = Scales(cosine), Bias = cosine == CosineOf.None ? _added : null };

        // A constant of the row changes no order of signed dot products; else it has to be in the product.
        var inside = (cosine != CosineOf.None || order == RowOrder.LargestAbsolute) && Array.Exists(constants, constant => constant != 0);
        var lists = inside ? TopWithConstants(compute, folded, constants, query) : compute.TopRows(folded, _normed.Rows, query);
        for (var at = 0; at < lists.Scores.Length; at++)
        {
            var row = at / lists.K;
            lists.Scores[at] = (lists.Scores[at] + (inside ? 0 : constants[row])) * factors[row];
        }

        return lists;
    }

    /// <summary>The product of one vector with every token, as <see cref="Top(Compute, Matrix, int, CosineOf, bool[], RowOrder)"/> scores them, from a product in float32.</summary>
    /// <param name="compute">The compute service.</param>
    /// <param name="x">One vector, <c>1 x d_model</c>.</param>
    /// <param name="cosine">What the products are divided by.</param>
    /// <returns><c>[V]</c>.</returns>
    public double[] Scores(Compute compute, Matrix x, CosineOf cosine)
    {
        var (folded, constants, factors) = Folded(x, cosine);
        var products = compute.Multiply(folded, _normed.Rows.Transpose()).Row(0);
        var scales = Scales(cosine);
        var scores = new double[products.Length];
        for (var token = 0; token < scores.Length; token++)
        {
            // The constant is no part of what a norm scales: only a token's own length divides it.
            var divided = cosine == CosineOf.None ? 1 : Lengths[token] == 0 ? 0 : 1 / Lengths[token];
            var added = cosine == CosineOf.None ? _added?[token] ?? 0 : 0;
            scores[token] = ((products[token] * (double)(scales?[token] ?? 1)) + (constants[0] * divided) + added) * factors[0];
        }

        return scores;
    }

    private static double[] Values(Matrix rows, ReadOnlySpan<float> given, double otherwise)
    {
        var values = new double[rows.Columns];
        Array.Fill(values, otherwise);
        for (var at = 0; at < given.Length; at++)
        {
            values[at] = given[at];
        }

        return values;
    }

    private NormedVocabulary Changed(Action<NormedVocabulary> change)
    {
        var copy = (NormedVocabulary)MemberwiseClone();
        (copy._lengths, copy._centred) = (null, null);
        change(copy);
        return copy;
    }

    /// <summary>c of each vector <c>n x d_model</c>, its product with the norm's bias, and what its scores are multiplied by.</summary>
    private (Matrix Folded, double[] Constants, double[] Factors) Folded(Matrix x, CosineOf cosine)
    {
        var addedMean = _mean is null || _added is null || cosine != CosineOf.None ? 0 : _added.Average(value => (double)value);
        var (folded, constants, factors) = (new float[x.Rows * x.Columns], new double[x.Rows], new double[x.Rows]);
        var gained = new double[x.Columns];
        for (var row = 0; row < x.Rows; row++)
        {
            var target = folded.AsSpan(row * x.Columns, x.Columns);
            x.CopyRow(row, target);
            double square = 0, sum = 0, total = 0;
            for (var at = 0; at < target.Length; at++)
            {
                total += target[at];
            }

            var last = _normed.CentresLast ? total / target.Length : 0;
            for (var at = 0; at < target.Length; at++)
            {
                square += (double)target[at] * target[at];
                constants[row] += target[at] * (_normed.Bias[at] - (_mean?[at] ?? 0));
                sum += gained[at] = (target[at] - last) * _normed.Gain[at];
            }

            var mean = _norm is { Centres: true } ? sum / target.Length : 0;
            for (var at = 0; at < target.Length; at++)
            {
                target[at] = (float)(gained[at] - mean);
            }

            constants[row] -= addedMean;
            factors[row] = cosine != CosineOf.Both ? 1 : square == 0 ? 0 : 1 / Math.Sqrt(square);
        }

        return (new Matrix(folded, x.Rows, x.Columns), constants, factors);
    }

    /// <summary>What each token's product is multiplied by, <c>[V]</c>; null = 1.</summary>
    private float[]? Scales(CosineOf cosine)
    {
        if (cosine == CosineOf.None && _norm is null)
        {
            return null;
        }

        var scales = new float[_normed.Rows.Rows];
        for (var token = 0; token < scales.Length; token++)
        {
            var length = cosine == CosineOf.None ? 1 : Lengths[token];
            scales[token] = length == 0 ? 0 : (float)(1 / (_normed.Moments[token].Scale * length));
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
        var size = Math.Min(RowBlocks.Size(wide), _normed.Rows.Rows);
        var buffer = new float[size * wide];
        for (var start = 0; start < _normed.Rows.Rows; start += size)
        {
            var count = Math.Min(size, _normed.Rows.Rows - start);
            RowBlocks.Copy(_normed.Rows.Slice(start, count), wide, buffer);
            for (var row = 0; row < count; row++)
            {
                buffer[(row * wide) + depth] = (float)_normed.Moments[start + row].Scale;
            }

            best.Add(start, compute.TopRows(new Matrix(x, folded.Rows, wide), new Matrix(buffer, count, wide), query with
            {
                Keep = query.Keep?[start..(start + count)],
                Scale = query.Scale?[start..(start + count)],
                Bias = query.Bias?[start..(start + count)],
            }));
        }

        return best.Lists();
    }
}
