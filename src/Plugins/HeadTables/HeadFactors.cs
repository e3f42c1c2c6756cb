namespace PluginLens.Plugins.HeadTables;

/// <summary>
/// The factors of a head's two tables, <c>V x d_head</c> each: <c>QK' = A Bᵀ</c> with <c>A = E W_Q</c> and <c>B = E W_K</c> minus the row of the BOS token, which takes QK of that key
/// from every query; <c>OV' = C Dᵀ</c> with <c>C = E W_V</c> and <c>D = (W_O W_U)ᵀ</c> minus its mean row, which takes the mean over all outputs from every source.
/// </summary>
internal sealed class HeadFactors
{
    private readonly AnalysisContext _context;
    private readonly KeyQueryOutputOptions _options;
    private readonly Matrix _reading;
    private readonly Matrix _writing;
    private readonly ModelNorm? _final;
    private readonly bool _folds;
    private readonly int _bos;

    /// <summary>Looks up what all heads share.</summary>
    /// <param name="context">Model and compute.</param>
    /// <param name="options">Weights and BOS.</param>
    public HeadFactors(AnalysisContext context, KeyQueryOutputOptions options)
    {
        var (model, sides) = (context.Model, new VocabularySides(context.Model));
        (_context, _options, _bos) = (context, options, options.BosOf(model.Config));
        (_reading, _writing) = (sides.Reading, sides.Writing);

        // Behind each sum, a norm stands before no head of its own: there is nothing to fold.
        _folds = options.Weights == HeadWeights.Processed && !model.Config.Traits.Contains(Trait.PostNorm);
        _final = _folds ? ModelNorm.Final(model) : null;
        var folded = model.Config.Processing.Contains("fold_ln");
        Description = NoteLine.Of(
            sides.Description,
            $"weights {model.Config.ProcessingName}{(!_folds ? string.Empty : folded ? ", centred" : ", norms folded in")}",
            options.NormEmbedding ? "tokens read through the whole norm" : "no division by the norms' scale",
            "no biases, no 1/sqrt(d_head)",
            model.Config.RotaryDim > 0 ? "rotary offset 0" : null,
            $"baseline {model.Token(_bos).Text.Trim()} (id {_bos})");
    }

    /// <summary>A clause for notes.</summary>
    public string Description { get; }

    /// <summary>The four factors of a head.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head; grouped-query models use its key-value head for K and V.</param>
    public (Matrix Queries, Matrix Keys, Matrix Values, Matrix Outputs) Of(int layer, int head)
    {
        var (model, config) = (_context.Model, _context.Model.Config);
        var norm = _folds || _options.NormEmbedding ? ModelNorm.BeforeAttention(model, layer) : null;
        if (_options.NormEmbedding && norm is null)
        {
            throw new UsageException($"--norm-embedding: no norm stands before the heads of layer {layer} of model '{config.Name}'; leave the option out.");
        }

        float[] Read(Matrix weight) => Tokens(norm is null ? weight : FoldedWeights.Folded(weight, norm), _options.NormEmbedding ? norm : null, weight);
        var (queries, keys, values) = (Read(model.WQ(layer, head)), Read(model.WK(layer, head)), Read(model.WV(layer, head)));
        if (config.RotaryDim > 0)
        {
            Rotary.Rotate(queries, config, 0);
            Rotary.Rotate(keys, config, 0);
        }

        var outputs = _context.Compute.Multiply(_writing, Written(model.WO(layer, head)).Transpose());
        var width = config.DHead;
        Subtract(keys, Array.ConvertAll(keys[(_bos * width)..((_bos + 1) * width)], value => (double)value));
        var centred = outputs.Data.ToArray();
        Subtract(centred, _context.Compute.MeanRow(outputs));
        return (Table(queries), Table(keys), Table(values), Table(centred));

        Matrix Table(float[] rows) => new(rows, config.DVocab, width);
    }

    /// <summary>Every token as the head reads it, <c>V x d_head</c>: <c>E W</c>, or <c>ln(E) W = E C diag(w) W / s + b W</c>.</summary>
    private float[] Tokens(Matrix folded, ModelNorm? norm, Matrix weight)
    {
        var tokens = _context.Compute.Multiply(_reading, folded).Data.ToArray();
        if (norm is null)
        {
            return tokens;
        }

        var shift = new double[weight.Columns];
        for (var at = 0; at < norm.Bias.Length; at++)
        {
            for (var column = 0; column < shift.Length; column++)
            {
                shift[column] += (double)norm.Bias[at] * weight.Row(at)[column];
            }
        }

        for (var token = 0; token < _reading.Rows; token++)
        {
            var scale = norm.Moments(_reading.Row(token)).Scale;
            for (var column = 0; column < shift.Length; column++)
            {
                ref var value = ref tokens[(token * shift.Length) + column];
                value = (float)((value / scale) + shift[column]);
            }
        }

        return tokens;
    }

    /// <summary><c>W_O C diag(w)</c> with the final norm's gain, <c>d_head x d_model</c>.</summary>
    private Matrix Written(Matrix weight)
    {
        if (_final is null)
        {
            return weight;
        }

        var folded = new float[weight.Rows * weight.Columns];
        for (var row = 0; row < weight.Rows; row++)
        {
            _final.ApplyLinear(weight.Row(row), 1, folded.AsSpan(row * weight.Columns, weight.Columns));
        }

        return new Matrix(folded, weight.Rows, weight.Columns);
    }

    private static void Subtract(float[] rows, double[] row)
    {
        for (var at = 0; at < rows.Length; at++)
        {
            rows[at] = (float)(rows[at] - row[at % row.Length]);
        }
    }
}
