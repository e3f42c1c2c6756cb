namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// The bases in which a head's queries, keys and values are read, and what brings each into the residual stream. Weights are processed: norms folded in, what writes centred, the bias of values moved
/// out of them. With singular factors <c>[W_Q;b_Q][W_K;b_K]ᵀ = U S Vᵀ</c> gives <c>U √S</c> and <c>V √S</c>, <c>W_V W_O = U S Vᵀ</c> gives <c>U S</c> and <c>Vᵀ</c>; signs as <see cref="ThinSvd"/> has them.
/// </summary>
internal sealed class HeadVectors
{
    private readonly AnalysisContext _context;
    private readonly FoldedWeights _weights;
    private readonly TokenProjection _projection;
    private readonly bool _folds;

    /// <summary>Looks at what all heads share.</summary>
    /// <param name="context">The model.</param>
    /// <param name="options">Factors and projection.</param>
    /// <exception cref="UsageException">Singular factors of a rotary model, or a rotation that there is not.</exception>
    public HeadVectors(AnalysisContext context, AttentionReadingOptions options)
    {
        var config = context.Model.Config;
        if (options.Factor == HeadFactoring.Svd && config.RotaryDim > 0)
        {
            throw new UsageException($"--factor svd: model '{config.Name}' rotates queries and keys between the factors; use raw.");
        }

        if (options.Rotated && config.RotaryDim == 0)
        {
            throw new UsageException($"--rotated: model '{config.Name}' does not rotate queries and keys; leave the option out.");
        }

        (_context, _projection, _folds) = (context, options.Projection, FoldedWeights.Refusal(context.Model) is null);
        _weights = new FoldedWeights(context.Model, _folds ? NormFolding.Full : NormFolding.None, "--factor");
        Factors = options.Factor == HeadFactoring.Raw || config.RotaryDim > 0 ? HeadFactoring.Raw : HeadFactoring.Svd;
    }

    /// <summary>Singular factors or the weights' own.</summary>
    public HeadFactoring Factors { get; }

    /// <summary>Whether norms are folded in.</summary>
    public bool Folds => _folds;

    /// <summary>A head's bases.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    public Basis Of(int layer, int head)
    {
        var (wv, wo, shift) = (_weights.WV(layer, head), _weights.WO(layer, head), ValueShift(layer, head));
        if (Factors == HeadFactoring.Raw)
        {
            return new Basis(null, null, null, shift, Writes(Dense(wv), Dense(wo)));
        }

        var (wq, wk) = (WithBias(_weights.WQ(layer, head), Bias(layer, head, HeadMatrix.Q, _context.Model.WQ(layer, head))), WithBias(_weights.WK(layer, head), Bias(layer, head, HeadMatrix.K, _context.Model.WK(layer, head))));
        var qk = _context.Compute.Svd(wq, wk);
        var ov = _context.Compute.Svd(wv, wo.Transpose());
        var values = new Matrix64(ov.U.Rows, ov.S.Length);
        for (var row = 0; row < values.Rows; row++)
        {
            for (var column = 0; column < values.Columns; column++)
            {
                values[row, column] = ov.U[row, column] * ov.S[column];
            }
        }

        // q of the model times these is q of the factors: a U √S = a (A Bᵀ) V / √S.
        return new Basis(Turned(wk, qk.V, qk.S), Turned(wq, qk.U, qk.S), Turned(wo.Transpose(), ov.V, null), shift, Writes(values, ov.V.Transpose()));
    }

    /// <summary><c>Wᵀ X / √S</c>, <c>d_head x r</c>; directions of no length stay 0.</summary>
    private static Matrix64 Turned(Matrix weight, Matrix64 x, double[]? s)
    {
        var turned = new Matrix64(weight.Columns, x.Columns);
        var values = new float[weight.Columns];
        for (var row = 0; row < weight.Rows; row++)
        {
            weight.CopyRow(row, values);
            var factors = x.Row(row);
            for (var at = 0; at < values.Length; at++)
            {
                var target = turned.Row(at);
                for (var column = 0; column < factors.Length; column++)
                {
                    target[column] += values[at] * factors[column];
                }
            }
        }

        for (var column = 0; s is not null && column < turned.Columns; column++)
        {
            var root = s[column] > 1e-12 * s[0] ? 1 / Math.Sqrt(s[column]) : 0;
            for (var at = 0; at < turned.Rows; at++)
            {
                turned[at, column] *= root;
            }
        }

        return turned;
    }

    private static Matrix64 Dense(Matrix matrix)
    {
        var (dense, row) = (new Matrix64(matrix.Rows, matrix.Columns), new float[matrix.Columns]);
        for (var at = 0; at < matrix.Rows; at++)
        {
            matrix.CopyRow(at, row);
            Array.ConvertAll(row, value => (double)value).CopyTo(dense.Row(at));
        }

        return dense;
    }

    private static Matrix WithBias(Matrix weight, double[] bias)
    {
        var values = new float[(weight.Rows + 1) * weight.Columns];
        for (var row = 0; row < weight.Rows; row++)
        {
            weight.CopyRow(row, values.AsSpan(row * weight.Columns, weight.Columns));
        }

        Array.ConvertAll(bias, value => (float)value).CopyTo(values, weight.Rows * weight.Columns);
        return new Matrix(values, weight.Rows + 1, weight.Columns);
    }

    /// <summary>What a vector of the head becomes in the stream, before the final norm, <c>d_head x d_model</c>: W_O, or <c>W_Vᵀ</c> times the column sums of W_O.</summary>
    private Matrix Writes(Matrix64 values, Matrix64 outputs)
    {
        var (final, written) = (_folds ? ModelNorm.Final(_context.Model) : null, new float[outputs.Rows * outputs.Columns]);
        var sums = new double[outputs.Columns];
        for (var row = 0; row < outputs.Rows; row++)
        {
            for (var column = 0; column < sums.Length; column++)
            {
                sums[column] += outputs[row, column];
            }
        }

        for (var row = 0; row < outputs.Rows; row++)
        {
            var target = written.AsSpan(row * outputs.Columns, outputs.Columns);
            for (var column = 0; column < target.Length; column++)
            {
                target[column] = (float)(_projection == TokenProjection.Wo ? outputs[row, column] : values[column, row] * sums[column]);
            }

            final?.ApplyLinear(target, 1, target);
        }

        return new Matrix(written, outputs.Rows, outputs.Columns);
    }

    /// <summary>b_V and the norm's bias through W_V: what processing moves out of the values, <c>[d_head]</c>.</summary>
    private double[] ValueShift(int layer, int head) => Bias(layer, head, HeadMatrix.V, _context.Model.WV(layer, head));

    private double[] Bias(int layer, int head, HeadMatrix matrix, Matrix weight)
    {
        var (model, bias) = (_context.Model, new double[weight.Columns]);
        foreach (var (at, value) in HeadBias.Of(model, layer, head, matrix).ToArray().Index())
        {
            bias[at] = value;
        }

        if (_folds && ModelNorm.BeforeAttention(model, layer) is { Bias.IsEmpty: false } norm)
        {
            var row = new float[weight.Columns];
            for (var at = 0; at < weight.Rows; at++)
            {
                weight.CopyRow(at, row);
                for (var column = 0; column < row.Length; column++)
                {
                    bias[column] += (double)norm.Bias[at] * row[column];
                }
            }
        }

        return bias;
    }

    /// <summary>How a head's activations are read.</summary>
    /// <param name="Q">Turns queries, <c>d_head x r</c>; null = as they are.</param>
    /// <param name="K">Turns keys.</param>
    /// <param name="V">Turns values.</param>
    /// <param name="Shift">Taken from values first, <c>[d_head]</c>.</param>
    /// <param name="Written">What each coordinate becomes before the unembedding, <c>r x d_model</c>.</param>
    internal sealed record Basis(Matrix64? Q, Matrix64? K, Matrix64? V, double[] Shift, Matrix Written)
    {
        /// <summary>Vectors in a basis, <c>n x r</c>.</summary>
        /// <param name="activations"><c>n x d_head</c>.</param>
        /// <param name="turn">The basis; null = their own.</param>
        /// <param name="shift">Taken away first; null = nothing.</param>
        public static Matrix64 Read(Matrix activations, Matrix64? turn, double[]? shift)
        {
            var rows = Dense(activations);
            for (var at = 0; shift is not null && at < rows.Data.Length; at++)
            {
                rows.Data[at] -= shift[at % rows.Columns];
            }

            if (turn is null)
            {
                return rows;
            }

            var turned = new Matrix64(rows.Rows, turn.Columns);
            for (var row = 0; row < rows.Rows; row++)
            {
                var target = turned.Row(row);
                for (var at = 0; at < rows.Columns; at++)
                {
                    var value = rows[row, at];
                    var factors = turn.Row(at);
                    for (var column = 0; column < factors.Length; column++)
                    {
                        target[column] += value * factors[column];
                    }
                }
            }

            return turned;
        }
    }
}
