namespace PluginLens.Toolkit;

/// <summary>
/// What a model adds to each token's logit whatever the text: <c>b_U + b W_U</c> with b the bias of the norm before the unembedding (the final norm,
/// or that of a masked-LM head), minus its mean over the vocabulary. Lists of vectors that say little are made of its top: the high-bias flag.
/// </summary>
public sealed class VocabularyBias
{
    /// <summary>Where a list counts as high-bias: the mean bias of its tokens, in logits. Between the example that must pass and the one that must not.</summary>
    public const double DefaultThreshold = 3;

    private readonly double[] _values;

    /// <summary>Computes it in float64.</summary>
    /// <param name="model">A model with an unembedding.</param>
    /// <exception cref="UsageException">The model has no unembedding.</exception>
    public VocabularyBias(Model model)
    {
        var vocabulary = new VocabularySides(model, EmbeddingChoice.Output).Writing;
        _values = model.HasWeight("unembed.b_U") ? Array.ConvertAll(model.Weight("unembed.b_U").Span.ToArray(), value => (double)value) : new double[vocabulary.Rows];
        var norm = model.HasWeight("mlm_head.ln.b") ? "mlm_head.ln.b" : ModelNorm.Final(model) is not null ? "ln_final.b" : string.Empty;
        if (model.HasWeight(norm))
        {
            var bias = model.Weight(norm).Data;
            RowBlocks.ForEach(vocabulary, (start, block) =>
            {
                for (var row = 0; row < block.Rows; row++)
                {
                    var values = block.Row(row);
                    for (var at = 0; at < values.Length; at++)
                    {
                        _values[start + row] += (double)values[at] * bias.Span[at];
                    }
                }
            });
        }

        IsZero = Array.TrueForAll(_values, value => value == 0);
        var mean = _values.Average();
        for (var token = 0; token < _values.Length; token++)
        {
            _values[token] -= mean;
        }
    }

    /// <summary>The bias of each token, <c>[V]</c>; mean 0.</summary>
    public IReadOnlyList<double> Values => _values;

    /// <summary>Whether the model has no such bias (RMSNorm without b_U): then nothing is flagged, which a note should say.</summary>
    public bool IsZero { get; }

    /// <summary>Whether a list is made of tokens with a high (or low) bias: <c>|mean bias| > threshold</c>. A flag; the list stays.</summary>
    /// <param name="ids">The tokens shown.</param>
    /// <param name="threshold">In logits.</param>
    public bool IsHigh(ReadOnlySpan<int> ids, double threshold = DefaultThreshold)
    {
        var sum = 0.0;
        foreach (var id in ids)
        {
            sum += _values[id];
        }

        return Math.Abs(sum) > threshold * ids.Length;
    }
}
