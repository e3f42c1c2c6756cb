namespace PluginLens.Plugins.Attribution;

/// <summary>
/// The direction of the residual stream that one logit (or a difference of two) reads at one position, in float64: <c>g = C (w * (u_a - u_b)) / s</c>, so that a term's part is
/// its product with g, C taking the mean away where the norm does.
/// </summary>
internal sealed class TokenReading
{
    private readonly double[] _direction;
    private readonly double _normBias;
    private readonly double _unembedBias;

    /// <summary>Takes the scale of the final norm from the state.</summary>
    /// <param name="model">A model with an unembedding.</param>
    /// <param name="state">The final state at the position, <c>[d_model]</c>.</param>
    /// <param name="token">The token.</param>
    /// <param name="against">The token subtracted; null = none.</param>
    public TokenReading(Model model, float[] state, int token, int? against)
    {
        var norm = ModelNorm.Final(model);
        var scale = norm?.Moments(state).Scale ?? 1;
        var unembedding = model.WU.Transpose();
        float[] first = new float[state.Length], second = new float[state.Length];
        unembedding.CopyRow(token, first);
        if (against is { } other)
        {
            unembedding.CopyRow(other, second);
        }

        _direction = new double[state.Length];
        for (var at = 0; at < state.Length; at++)
        {
            var read = (double)first[at] - second[at];
            _normBias += norm is null || norm.Bias.IsEmpty ? 0 : norm.Bias[at] * read;
            _direction[at] = read * (norm is null || norm.Gain.IsEmpty ? 1 : norm.Gain[at]) / scale;
        }

        var mean = norm is { Centres: true } ? _direction.Average() : 0;
        for (var at = 0; at < _direction.Length; at++)
        {
            _direction[at] -= mean;
        }

        if (model.HasWeight("unembed.b_U"))
        {
            var bias = model.Weight("unembed.b_U").Span;
            _unembedBias = (double)bias[token] - (against is { } id ? bias[id] : 0);
        }

        HasNormBias = norm is not null && !norm.Bias.IsEmpty;
        HasUnembedBias = model.HasWeight("unembed.b_U");
    }

    private bool HasNormBias { get; }

    private bool HasUnembedBias { get; }

    /// <summary>What a term adds.</summary>
    /// <param name="term">A term of the final state, <c>[d_model]</c>.</param>
    public double Of(ReadOnlySpan<float> term)
    {
        var sum = 0.0;
        for (var at = 0; at < term.Length; at++)
        {
            sum += term[at] * _direction[at];
        }

        return sum;
    }

    /// <summary>What the rows of a matrix add, each times its weight.</summary>
    /// <param name="weights">One for each row.</param>
    /// <param name="rows">Output weights, <c>n x d_model</c>.</param>
    public double[] Of(ReadOnlySpan<float> weights, Matrix rows)
    {
        var parts = new double[weights.Length];
        var row = new float[rows.Columns];
        for (var at = 0; at < parts.Length; at++)
        {
            rows.CopyRow(at, row);
            parts[at] = weights[at] * Of(row);
        }

        return parts;
    }

    /// <summary>What is added whatever the text: the norm's bias and b_U, where there are such.</summary>
    public IEnumerable<Part> Constants()
    {
        if (HasNormBias)
        {
            yield return new Part(ContributionKind.NormBias, null, null, _normBias);
        }

        if (HasUnembedBias)
        {
            yield return new Part(ContributionKind.UnembedBias, null, null, _unembedBias);
        }
    }
}
