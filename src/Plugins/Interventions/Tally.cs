namespace PluginLens.Plugins.Interventions;

/// <summary>What predictions are without a part, summed over positions.</summary>
internal sealed class Tally
{
    private double _logit, _logitChange, _probability, _kl, _loss, _lossChange, _right;
    private int _positions, _followed;

    /// <summary>Adds a position.</summary>
    /// <param name="logits">Logits, <c>[V]</c>.</param>
    /// <param name="logs">Logarithms of their probabilities, <c>[V]</c>.</param>
    /// <param name="unchanged">The logits of the unchanged pass, <c>[V]</c>.</param>
    /// <param name="unchangedLogs">Logarithms of its probabilities, <c>[V]</c>.</param>
    /// <param name="probabilities">Its probabilities, <c>[V]</c>.</param>
    /// <param name="answer">The token whose logit counts.</param>
    /// <param name="against">The token whose logit is subtracted, or null.</param>
    /// <param name="follows">The token that follows, or null.</param>
    public void Add(ReadOnlySpan<float> logits, double[] logs, ReadOnlySpan<float> unchanged, double[] unchangedLogs, double[] probabilities, int answer, int? against, int? follows)
    {
        double Logit(ReadOnlySpan<float> row) => row[answer] - (against is { } other ? (double)row[other] : 0);
        _positions++;
        _logit += Logit(logits);
        _logitChange += Logit(logits) - Logit(unchanged);
        _probability += Math.Exp(logs[answer]);
        for (var token = 0; token < logs.Length; token++)
        {
            _kl += probabilities[token] * (unchangedLogs[token] - logs[token]);
        }

        if (follows is { } next)
        {
            _followed++;
            _loss -= logs[next];
            _lossChange += unchangedLogs[next] - logs[next];
            _right += Predictions.Best(logits) == next ? 1 : 0;
        }
    }

    /// <summary>Adds the positions of another prompt.</summary>
    /// <param name="other">Its sums.</param>
    public void Add(Tally other)
    {
        (_logit, _logitChange, _probability, _kl) = (_logit + other._logit, _logitChange + other._logitChange, _probability + other._probability, _kl + other._kl);
        (_loss, _lossChange, _right) = (_loss + other._loss, _lossChange + other._lossChange, _right + other._right);
        (_positions, _followed) = (_positions + other._positions, _followed + other._followed);
    }

    /// <summary>The means.</summary>
    /// <param name="kind">What was taken out.</param>
    /// <param name="name">Its name.</param>
    /// <param name="layer">Its layer.</param>
    /// <param name="index">Head or neuron.</param>
    public AblationEffect Effect(AblatedKind kind, string name, int? layer, int? index)
    {
        double? Followed(double sum) => _followed == 0 ? null : sum / _followed;
        return new AblationEffect(
            kind, name, layer, index, _logit / _positions, _logitChange / _positions, _probability / _positions, Followed(_loss), Followed(_lossChange), Followed(_right), _kl / _positions);
    }
}
