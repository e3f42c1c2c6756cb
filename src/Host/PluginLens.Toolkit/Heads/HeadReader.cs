using System.Runtime.CompilerServices;

namespace PluginLens.Toolkit;

/// <summary>
/// Projects every token through one of the matrices with which a head reads the residual stream (W_Q, W_K, W_V):
/// <c>E W + b</c>. One V x d_head array per call, which may be one used before; nothing V x V or V x d.
/// </summary>
/// <param name="context">The run: model and compute.</param>
/// <param name="reading">Which embedding, biases, gain and normalisation.</param>
public sealed class HeadReader(AnalysisContext context, HeadReading reading)
{
    private readonly Dictionary<HeadMatrix, float[]> _divisors = [];
    private readonly Dictionary<HeadMatrix, (int Layer, int Head, float[] Product)> _shared = [];
    private (int Layer, NormedVocabulary Tokens)? _read;
    private NormedVocabulary? _written;

    private Model Model => context.Model;

    /// <summary>The vocabulary on each side.</summary>
    public VocabularySides Sides { get; } = new(context.Model, reading.Embedding);

    /// <inheritdoc cref="Read(int, int, HeadMatrix, float[])"/>
    public float[] Read(int layer, int head, HeadMatrix matrix) => Read(layer, head, matrix, null);

    /// <summary>Every token as a head reads it, <c>V x d_head</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models use its key-value head for <c>K</c> and <c>V</c>.</param>
    /// <param name="matrix">Q, K or V.</param>
    /// <param name="reused">An array of an earlier call that may be overwritten; null = none.</param>
    /// <exception cref="ArgumentException">W_O writes; see <see cref="Write(int, int, float[])"/>.</exception>
    /// <exception cref="UsageException">The gain is asked for and no norm with a gain stands before the heads.</exception>
    public float[] Read(int layer, int head, HeadMatrix matrix, float[]? reused)
    {
        if (matrix == HeadMatrix.O)
        {
            throw new ArgumentException("A head reads with W_Q, W_K and W_V; for W_O call Write.", nameof(matrix));
        }

        var weight = Of(layer, head, matrix);
        var gained = Gained(layer, weight);
        var projected = Projected(layer, head, matrix, gained, reused);
        if (reading.Normed && ModelNorm.BeforeAttention(Model, layer) is not null)
        {
            Scale(projected, gained, Read(layer).Moments);
        }

        if (reading.Biases)
        {
            AddToRows(projected, Bias(layer, head, matrix, weight));
        }

        return Normalised(projected, weight.Columns, matrix);
    }

    /// <inheritdoc cref="Write(int, int, float[])"/>
    public float[] Write(int layer, int head) => Write(layer, head, null);

    /// <summary>Every token as a target of what a head writes, <c>V x d_head</c>: row t is <c>W_O u_t</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="reused">An array of an earlier call that may be overwritten; null = none.</param>
    public float[] Write(int layer, int head, float[]? reused)
    {
        var weight = Model.WO(layer, head).Transpose();
        var projected = Projected(layer, head, HeadMatrix.O, reading.Normed && ModelNorm.Final(Model) is { } norm ? Finally(norm, weight) : weight, reused);
        return Normalised(projected, weight.Columns, HeadMatrix.O);
    }

    /// <summary>The vectors of the tokens that a layer's heads read, whose products with W_Q, W_K and W_V are what <see cref="Read(int, int, HeadMatrix, float[])"/> gives.</summary>
    /// <param name="layer">Layer.</param>
    public NormedVocabulary Read(int layer)
    {
        if (_read?.Layer != layer)
        {
            var norm = ModelNorm.BeforeAttention(Model, layer);
            _read = (layer, norm is null || !(reading.Normed || reading.NormGain) ? Sides.Compared(writes: false)
                : !reading.Normed ? NormedVocabulary.Gained(Sides.Reading, norm, reading.Biases)
                : reading.Biases ? new NormedVocabulary(Sides.Reading, norm) : new NormedVocabulary(Sides.Reading, norm).Unbiased);
        }

        return _read!.Value.Tokens;
    }

    /// <summary>The vectors of the tokens that heads write, whose products with W_O are what <see cref="Write(int, int, float[])"/> gives.</summary>
    public NormedVocabulary Written => _written ??= reading.Normed && ModelNorm.Final(Model) is { } norm ? NormedVocabulary.Written(Sides.Writing, norm) : Sides.Compared(writes: true);

    /// <summary>What was done to the factors, for notes.</summary>
    /// <param name="filter">The filter of the lists.</param>
    public string Description(TokenFilter filter) => NoteLine.Of(
        $"weights {Model.Config.ProcessingName}",
        $"biases {(reading.Biases ? "on" : "off")}",
        reading.Normed ? "tokens under the norm before attention, outputs through the gain of the final norm" : null,
        !reading.NormGain || reading.Normed ? null : Model.Config.Processing.Contains("fold_ln") ? "gain of the norm already in the weights" : "gain of the norm applied",
        reading.Normalise == Normalise.Freq ? "rows divided by their mean absolute projection" : null,
        PaddingNote.Of(Model, filter));

    private Matrix Of(int layer, int head, HeadMatrix matrix) => matrix switch
    {
        HeadMatrix.Q => Model.WQ(layer, head),
        HeadMatrix.K => Model.WK(layer, head),
        HeadMatrix.V => Model.WV(layer, head),
        _ => Model.WO(layer, head).Transpose(),
    };

    private float[] Projected(int layer, int head, HeadMatrix matrix, Matrix weight, float[]? reused)
    {
        var vocabulary = matrix == HeadMatrix.O ? Sides.Writing : Sides.Reading;
        var length = checked(vocabulary.Rows * weight.Columns);
        var projected = reused?.Length == length ? reused : GC.AllocateUninitializedArray<float>(length);
        if (matrix is HeadMatrix.Q or HeadMatrix.O || Model.Config.KeyValueHeads == Model.Config.NHeads)
        {
            context.Compute.Multiply(vocabulary, weight, projected);
            return projected;
        }

        // Query heads that share keys and values follow each other: their product is made once.
        var place = (layer, Model.Config.KeyValueHeadOf(head));
        if (!_shared.TryGetValue(matrix, out var made) || (made.Layer, made.Head) != place)
        {
            _shared[matrix] = made = (layer, place.Item2, made.Product ?? new float[length]);
            context.Compute.Multiply(vocabulary, weight, made.Product);
        }

        made.Product.CopyTo(projected, 0);
        return projected;
    }

    /// <summary>diag(w) W with --norm-gain or --normed, W without.</summary>
    private Matrix Gained(int layer, Matrix weight)
    {
        if (reading.Normed)
        {
            return ModelNorm.BeforeAttention(Model, layer) is { } norm ? Gained(norm.Gain, weight) : weight;
        }

        if (!reading.NormGain || Model.Config.Processing.Contains("fold_ln"))
        {
            return weight; // Folded weights hold the gain already.
        }

        var name = $"blocks.{layer}.ln1.w";
        if (!Model.HasWeight(name))
        {
            throw new UsageException($"--norm-gain: model '{Model.Config.Name}' has no norm with a gain before attention; leave the option out.");
        }

        if (Model.Config.Traits.Contains(Trait.PostNorm))
        {
            throw new UsageException($"--norm-gain: model '{Model.Config.Name}' normalises after each sum, so no norm of its own stands before a head; leave the option out.");
        }

        return Gained(Model.Weight(name).Span, weight);
    }

    private static Matrix Gained(ReadOnlySpan<float> gain, Matrix weight) => gain.IsEmpty ? weight : FoldedWeights.Gained(weight, gain);

    /// <summary><c>((e_t - m_t) / s_t * w) W</c> from <c>(e_t * w) W</c>: m_t times the sum of the columns less, over s_t.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(float[] projected, Matrix gained, IReadOnlyList<(double Mean, double Scale)> moments)
    {
        var (width, sums) = (gained.Columns, new double[gained.Columns]);
        for (var row = 0; row < gained.Rows; row++)
        {
            for (var column = 0; column < width; column++)
            {
                sums[column] += gained.Row(row)[column];
            }
        }

        for (var start = 0; start < projected.Length; start += width)
        {
            var (mean, scale) = moments[start / width];
            var row = projected.AsSpan(start, width);
            for (var column = 0; column < width; column++)
            {
                row[column] = (float)((row[column] - (mean * sums[column])) / scale);
            }
        }
    }

    /// <summary><c>diag(w) C W_Oᵀ</c>: what the final norm makes of a head's output, without scale and bias; C takes the mean away where the norm does.</summary>
    private static Matrix Finally(ModelNorm norm, Matrix weight)
    {
        if (!norm.Centres)
        {
            return Gained(norm.Gain, Dense(weight));
        }

        var centred = Dense(weight).Data.ToArray();
        for (var column = 0; column < weight.Columns; column++)
        {
            var mean = 0.0;
            for (var row = 0; row < weight.Rows; row++)
            {
                mean += centred[(row * weight.Columns) + column] / (double)weight.Rows;
            }

            for (var row = 0; row < weight.Rows; row++)
            {
                centred[(row * weight.Columns) + column] -= (float)mean;
            }
        }

        return Gained(norm.Gain, new Matrix(centred, weight.Rows, weight.Columns));
    }

    private static Matrix Dense(Matrix weight) => ParameterVectors.Gather(weight, [.. Enumerable.Range(0, weight.Rows)]);

    /// <summary>The head's bias, plus b_ln W with --norm-gain or --normed, <c>[d_head]</c>.</summary>
    private float[] Bias(int layer, int head, HeadMatrix matrix, Matrix weight)
    {
        var bias = new float[weight.Columns];
        HeadBias.Of(Model, layer, head, matrix).CopyTo(bias);
        var normBias = reading.Normed ? $"{ModelNorm.BeforeAttention(Model, layer)?.Name}.b" : $"blocks.{layer}.ln1.b";
        if ((reading.NormGain || reading.Normed) && Model.HasWeight(normBias))
        {
            var added = context.Compute.Multiply(new Matrix(Model.Weight(normBias).Data, 1, weight.Rows), weight);
            for (var column = 0; column < bias.Length; column++)
            {
                bias[column] += added.Row(0)[column];
            }
        }

        return bias;
    }

    private static void AddToRows(float[] rows, float[] bias)
    {
        for (var start = 0; start < rows.Length; start += bias.Length)
        {
            var row = rows.AsSpan(start, bias.Length);
            for (var column = 0; column < row.Length; column++)
            {
                row[column] += bias[column];
            }
        }
    }

    private float[] Normalised(float[] projected, int width, HeadMatrix matrix)
    {
        if (reading.Normalise == Normalise.None)
        {
            return projected;
        }

        if (!_divisors.TryGetValue(matrix, out var divisor))
        {
            _divisors[matrix] = divisor = Divisors(matrix);
        }

        for (var index = 0; index < projected.Length; index++)
        {
            projected[index] /= divisor[index / width];
        }

        return projected;
    }

    /// <summary>Mean absolute projection of each token on all columns of a parameter group over all layers, plus 1e-9, <c>[V]</c>.</summary>
    private float[] Divisors(HeadMatrix matrix)
    {
        var config = Model.Config;
        var embedding = matrix == HeadMatrix.O ? Sides.Writing : Sides.Reading;
        var heads = matrix is HeadMatrix.K or HeadMatrix.V ? config.KeyValueHeads : config.NHeads;
        var sums = new double[embedding.Rows];
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            for (var head = 0; head < heads; head++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var queryHead = heads == config.NHeads ? head : head * (config.NHeads / heads);
                var projected = context.Compute.Multiply(embedding, Of(layer, queryHead, matrix));
                for (var token = 0; token < sums.Length; token++)
                {
                    foreach (var value in projected.Row(token))
                    {
                        sums[token] += Math.Abs(value);
                    }
                }
            }
        }

        var columns = (double)config.NLayers * heads * config.DHead;
        return [.. sums.Select(sum => (float)((sum / columns) + 1e-9))];
    }
}
