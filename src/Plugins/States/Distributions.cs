namespace PluginLens.Plugins.States;

/// <summary>Rows of logits as distributions; what is said of them is summed in float64.</summary>
internal sealed class Distributions
{
    private readonly Matrix _logits;
    private readonly double[] _normalisers;

    /// <summary>Norms each row.</summary>
    /// <param name="logits">Logits, <c>n x V</c>.</param>
    public Distributions(Matrix logits)
    {
        _logits = logits;
        _normalisers = new double[logits.Rows];
        for (var row = 0; row < logits.Rows; row++)
        {
            var values = logits.Row(row);
            var (largest, sum) = ((double)values[Best(row)], 0.0);
            foreach (var value in values)
            {
                sum += Math.Exp(value - largest);
            }

            _normalisers[row] = largest + Math.Log(sum);
        }
    }

    /// <summary>A token's logit.</summary>
    /// <param name="row">Row.</param>
    /// <param name="token">Id.</param>
    public double Logit(int row, int token) => _logits.Row(row)[token];

    /// <summary>The mean logit of a row: what centred logits lack.</summary>
    /// <param name="row">Row.</param>
    public double Mean(int row)
    {
        var sum = 0.0;
        foreach (var value in _logits.Row(row))
        {
            sum += value;
        }

        return sum / _logits.Columns;
    }

    /// <summary>A token's log-probability.</summary>
    /// <param name="row">Row.</param>
    /// <param name="token">Id.</param>
    public double Log(int row, int token) => _logits.Row(row)[token] - _normalisers[row];

    /// <summary>The likeliest token; the lower id where two are.</summary>
    /// <param name="row">Row.</param>
    public int Best(int row)
    {
        var values = _logits.Row(row);
        var best = 0;
        for (var token = 1; token < values.Length; token++)
        {
            best = values[token] > values[best] ? token : best;
        }

        return best;
    }

    /// <summary>A token's rank, 1 = best; the lower id first where equal.</summary>
    /// <param name="row">Row.</param>
    /// <param name="token">Id.</param>
    public int Rank(int row, int token)
    {
        var values = _logits.Row(row);
        var rank = 1;
        for (var other = 0; other < values.Length; other++)
        {
            rank += values[other] > values[token] || (values[other] == values[token] && other < token) ? 1 : 0;
        }

        return rank;
    }

    /// <summary><c>-sum p log p</c>, in nats.</summary>
    /// <param name="row">Row.</param>
    public double Entropy(int row)
    {
        var sum = 0.0;
        foreach (var value in _logits.Row(row))
        {
            var log = value - _normalisers[row];
            sum -= Math.Exp(log) * log;
        }

        return sum;
    }

    /// <summary>KL of a row from a row of other distributions, <c>sum p (log p - log q)</c>, in nats; never below 0.</summary>
    /// <param name="row">Row, p.</param>
    /// <param name="others">Where q is.</param>
    /// <param name="other">Its row.</param>
    public double Divergence(int row, Distributions others, int other)
    {
        var (p, q) = (_logits.Row(row).ToArray(), others._logits.Row(other).ToArray());
        var sum = 0.0;
        for (var token = 0; token < p.Length; token++)
        {
            var log = p[token] - _normalisers[row];
            sum += Math.Exp(log) * (log - (q[token] - others._normalisers[other]));
        }

        return Math.Max(0, sum);
    }
}
