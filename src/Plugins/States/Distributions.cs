using System.Runtime.Intrinsics;

namespace PluginLens.Plugins.States;

/// <summary>Rows of logits as distributions; what is said of them is summed in float64, four sums side by side, in an order that depends on nothing.</summary>
internal sealed class Distributions
{
    private readonly Matrix _logits;
    private readonly Row[] _rows;

    /// <summary>Norms each row.</summary>
    /// <param name="logits">Logits, <c>n x V</c>.</param>
    public Distributions(Matrix logits)
    {
        _logits = logits;
        _rows = new Row[logits.Rows];
        for (var row = 0; row < logits.Rows; row++)
        {
            _rows[row] = Normed(logits.Row(row));
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
    public double Log(int row, int token) => _logits.Row(row)[token] - _rows[row].Normaliser;

    /// <summary>The likeliest token; the lower id where two are.</summary>
    /// <param name="row">Row.</param>
    public int Best(int row) => _logits.Row(row).IndexOf((float)_rows[row].Largest);

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
    public double Entropy(int row) => Math.Log(_rows[row].Sum) - (_rows[row].Weighted / _rows[row].Sum);

    /// <summary>KL of a row from another, <c>sum p (log p - log q)</c>, in nats; never below 0.</summary>
    /// <param name="row">Row, p.</param>
    /// <param name="other">Row, q.</param>
    public double Divergence(int row, int other)
    {
        ReadOnlySpan<float> p = _logits.Row(row), q = _logits.Row(other);
        Row own = _rows[row], theirs = _rows[other];
        var (sums, sum, at) = (Vector256<double>.Zero, 0.0, 0);
        for (; at <= p.Length - 4; at += 4)
        {
            var log = Four(p, at) - Vector256.Create(own.Largest);
            sums += Vector256.Exp(log) * (log - (Four(q, at) - Vector256.Create(theirs.Largest)));
        }

        for (; at < p.Length; at++)
        {
            var log = p[at] - own.Largest;
            sum += Math.Exp(log) * (log - (q[at] - theirs.Largest));
        }

        return Math.Max(0, ((Vector256.Sum(sums) + sum) / own.Sum) - (Math.Log(own.Sum) - Math.Log(theirs.Sum)));
    }

    private static Row Normed(ReadOnlySpan<float> logits)
    {
        var largest = logits[0];
        foreach (var logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        var (sums, weighted, sum, rest, at) = (Vector256<double>.Zero, Vector256<double>.Zero, 0.0, 0.0, 0);
        for (; at <= logits.Length - 4; at += 4)
        {
            var log = Four(logits, at) - Vector256.Create((double)largest);
            var power = Vector256.Exp(log);
            sums += power;
            weighted += power * log;
        }

        for (; at < logits.Length; at++)
        {
            var log = (double)logits[at] - largest;
            sum += Math.Exp(log);
            rest += Math.Exp(log) * log;
        }

        return new Row(largest, Vector256.Sum(sums) + sum, Vector256.Sum(weighted) + rest);
    }

    private static Vector256<double> Four(ReadOnlySpan<float> values, int at)
    {
        var (low, high) = Vector128.Widen(Vector128.Create(values[at..]));
        return Vector256.Create(low, high);
    }

    /// <summary>Of <c>e = exp(logit - largest)</c>: their sum, and the sum of <c>e (logit - largest)</c>.</summary>
    private readonly record struct Row(double Largest, double Sum, double Weighted)
    {
        public double Normaliser { get; } = Largest + Math.Log(Sum);
    }
}
