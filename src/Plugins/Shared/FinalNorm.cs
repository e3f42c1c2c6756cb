namespace PluginLens.Plugins;

/// <summary>The norm before the unembedding, recomputed on any state: how a hidden state is read as words.</summary>
internal sealed class FinalNorm
{
    private readonly bool _centres;
    private readonly double _eps;
    private readonly ReadOnlyMemory<float> _gain;
    private readonly ReadOnlyMemory<float> _bias;

    /// <summary>Reads gain and bias; folded models have neither.</summary>
    /// <param name="model">A model with a final norm.</param>
    public FinalNorm(Model model)
    {
        _centres = model.Config.Norm.StartsWith("LN", StringComparison.Ordinal);
        _eps = model.Config.Eps;
        _gain = model.HasWeight("ln_final.w") ? model.Weight("ln_final.w").Data : default;
        _bias = model.HasWeight("ln_final.b") ? model.Weight("ln_final.b").Data : default;
    }

    /// <summary><c>(x - mean) / sqrt(var + eps) * w + b</c>, or <c>x / sqrt(mean(x²) + eps) * w</c> for RMSNorm.</summary>
    /// <param name="x">One state, <c>[d_model]</c>.</param>
    /// <param name="destination">Receives the result, <c>[d_model]</c>; may be <paramref name="x"/>.</param>
    public void Apply(ReadOnlySpan<float> x, Span<float> destination)
    {
        double mean = 0, square = 0;
        foreach (var value in x)
        {
            mean += value;
        }

        mean = _centres ? mean / x.Length : 0;
        foreach (var value in x)
        {
            square += (value - mean) * (value - mean);
        }

        var scale = Math.Sqrt((square / x.Length) + _eps);
        for (var at = 0; at < x.Length; at++)
        {
            var normalized = (x[at] - mean) / scale;
            destination[at] = (float)((normalized * (_gain.IsEmpty ? 1 : _gain.Span[at])) + (_bias.IsEmpty ? 0 : _bias.Span[at]));
        }
    }
}
