namespace PluginLens.Toolkit;

/// <summary>
/// How a model's end reads vectors of the residual stream as words: the final norm, W_U and b_U. States are normed anew (the logit lens);
/// terms of a sum pass through the linear part of the norm with the scale of the whole sum (direct logit attribution). Before a soft-cap of the logits.
/// </summary>
public sealed class FinalReading
{
    private readonly Model _model;
    private readonly Compute _compute;
    private readonly Matrix _vocabulary;
    private readonly float[]? _bias;

    /// <summary>Takes views of the weights.</summary>
    /// <param name="model">A model with an unembedding.</param>
    /// <param name="compute">The compute service.</param>
    /// <exception cref="UsageException">The model has no unembedding.</exception>
    public FinalReading(Model model, Compute compute)
    {
        (_model, _compute) = (model, compute);
        _vocabulary = new VocabularySides(model, EmbeddingChoice.Output).Writing;
        _bias = model.HasWeight("unembed.b_U") ? model.Weight("unembed.b_U").Span.ToArray() : null;
        Norm = ModelNorm.Final(model);
    }

    /// <summary>The vocabulary as vectors write it: see <see cref="NormedVocabulary.Written"/>.</summary>
    public NormedVocabulary Writing => field ??= NormedVocabulary.Written(_vocabulary, Norm);

    /// <summary>The final norm; null where the model has none.</summary>
    public ModelNorm? Norm { get; }

    /// <summary>The words of states: the k largest entries of <c>norm(h) W_U + b_U</c>, the norm recomputed on each.</summary>
    /// <param name="states">States, <c>n x d_model</c>.</param>
    /// <param name="k">Tokens per state.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    public RowTopK Words(Matrix states, int k, bool[]? keep = null) =>
        _compute.TopRows(EachRow(states, (_, row) => Norm?.Apply(row, row)), _vocabulary, new RowQuery { K = k, Keep = keep, Bias = _bias });

    /// <summary>
    /// What terms of a final state add to logits: <c>((c - mean) / scale * w) · u_t</c> in float64. Over all terms of the state these sum to its logit
    /// without b_U and without the norm's bias through W_U.
    /// </summary>
    /// <param name="terms">Terms, <c>n x d_model</c>.</param>
    /// <param name="scales">For each term the scale of the norm of its sum (<c>ln_final.hook_scale</c>), <c>[n]</c>.</param>
    /// <param name="tokens">Token ids.</param>
    /// <returns><c>n x tokens</c>.</returns>
    public Matrix64 Contributions(Matrix terms, IReadOnlyList<double> scales, IReadOnlyList<int> tokens)
    {
        if (scales.Count != terms.Rows)
        {
            throw new ArgumentException($"Expected a scale for each of {terms.Rows} terms, found {scales.Count}.", nameof(scales));
        }

        var columns = ParameterVectors.Gather(_vocabulary, tokens);
        var contributions = new Matrix64(terms.Rows, tokens.Count);
        var normed = EachRow(terms, (at, row) => Norm?.ApplyLinear(row, scales[at], row));
        for (var row = 0; row < terms.Rows; row++)
        {
            for (var column = 0; column < tokens.Count; column++)
            {
                var left = normed.Row(row);
                var right = columns.Row(column);
                for (var at = 0; at < left.Length; at++)
                {
                    contributions[row, column] += (double)left[at] * right[at];
                }
            }
        }

        return contributions;
    }

    private Matrix EachRow(Matrix rows, RowChange change)
    {
        var changed = new float[rows.Rows * _model.Config.DModel];
        for (var row = 0; row < rows.Rows; row++)
        {
            var target = changed.AsSpan(row * _model.Config.DModel, _model.Config.DModel);
            rows.CopyRow(row, target);
            change(row, target);
        }

        return new Matrix(changed, rows.Rows, _model.Config.DModel);
    }

    private delegate void RowChange(int row, Span<float> values);
}
