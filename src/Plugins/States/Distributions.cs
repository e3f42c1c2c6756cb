using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PluginLens.Plugins.States;

/// <summary>Rows of logits as distributions; what is said of them is summed in float64, in four sums side by side whatever the processor.</summary>
internal sealed class Distributions
{
    private readonly Matrix _logits;
    private readonly Normed[] _rows;
    private double[] _powers = [];
    private int _powersOf = -1;

    /// <summary>Norms each row.</summary>
    /// <param name="logits">Logits, <c>n x V</c>.</param>
    public Distributions(Matrix logits)
    {
        _logits = logits;
        _rows = new Normed[logits.Rows];
        for (var row = 0; row < logits.Rows; row++)
        {
            _rows[row] = Norm(logits.Row(row));
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
    public double Log(int row, int token) => _logits.Row(row)[token] - (_rows[row].Largest + Math.Log(_rows[row].Sum));

    /// <summary>The likeliest token; the lower id where two are.</summary>
    /// <param name="row">Row.</param>
    public int Best(int row) => _logits.Row(row).IndexOf(_rows[row].Largest);

    /// <summary>A token's rank, 1 = best; the lower id first where equal.</summary>
    /// <param name="row">Row.</param>
    /// <param name="token">Id.</param>
    public int Rank(int row, int token)
    {
        var values = _logits.Row(row);
        var (own, rank) = (values[token], 1);
        foreach (var value in values[..token])
        {
            rank += value >= own ? 1 : 0;
        }

        foreach (var value in values[token..])
        {
            rank += value > own ? 1 : 0;
        }

        return rank;
    }

    /// <summary><c>-sum p log p</c>, in nats.</summary>
    /// <param name="row">Row.</param>
    public double Entropy(int row) => Math.Log(_rows[row].Sum) - (_rows[row].Weighted / _rows[row].Sum);

    /// <summary>KL of a row from another, <c>sum p (log p - log q)</c>, in nats; never below 0. Quick for one p after the other.</summary>
    /// <param name="row">Row, p.</param>
    /// <param name="other">Row, q.</param>
    public double Divergence(int row, int other)
    {
        if (_powersOf != row)
        {
            _powers = _powers.Length > 0 ? _powers : new double[_logits.Columns];
            _powersOf = row;
            Raise(_logits.Row(row), _rows[row].Largest, _powers);
        }

        var (p, q) = (_rows[row], _rows[other]);
        return Math.Max(0, (Compare(_logits.Row(row), p.Largest, _logits.Row(other), q.Largest, _powers) / p.Sum) - (Math.Log(p.Sum) - Math.Log(q.Sum)));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Normed Norm(ReadOnlySpan<float> logits)
    {
        var largest = logits[0];
        foreach (var logit in logits)
        {
            largest = logit > largest ? logit : largest;
        }

        var (sums, weighted, sum, rest, at) = (Vector256<double>.Zero, Vector256<double>.Zero, 0.0, 0.0, 0);
        for (; at <= logits.Length - 4; at += 4)
        {
            var log = Below(logits, at, largest);
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

        return new Normed(largest, Vector256.Sum(sums) + sum, Vector256.Sum(weighted) + rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Raise(ReadOnlySpan<float> logits, float largest, Span<double> powers)
    {
        var at = 0;
        for (; at <= logits.Length - 4; at += 4)
        {
            Vector256.Exp(Below(logits, at, largest)).CopyTo(powers[at..]);
        }

        for (; at < logits.Length; at++)
        {
            powers[at] = Math.Exp((double)logits[at] - largest);
        }
    }

    /// <summary>Sum of <c>power_t ((p_t - largest of p) - (q_t - largest of q))</c>: of equal rows 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Compare(ReadOnlySpan<float> p, float largestP, ReadOnlySpan<float> q, float largestQ, ReadOnlySpan<double> powers)
    {
        var (sums, sum, at) = (Vector256<double>.Zero, 0.0, 0);
        for (; at <= p.Length - 4; at += 4)
        {
            sums += Vector256.Create(powers[at..]) * (Below(p, at, largestP) - Below(q, at, largestQ));
        }

        for (; at < p.Length; at++)
        {
            sum += powers[at] * (((double)p[at] - largestP) - ((double)q[at] - largestQ));
        }

        return Vector256.Sum(sums) + sum;
    }

    /// <summary>How far four logits are below the largest.</summary>
    private static Vector256<double> Below(ReadOnlySpan<float> logits, int at, double largest)
    {
        var (low, high) = Vector128.Widen(Vector128.Create(logits[at..]));
        return Vector256.Create(low, high) - Vector256.Create(largest);
    }

    /// <summary>A row of logits.</summary>
    /// <param name="Largest">The largest logit.</param>
    /// <param name="Sum">Of <c>exp(logit - largest)</c>.</param>
    /// <param name="Weighted">Of <c>exp(logit - largest) (logit - largest)</c>.</param>
    private readonly record struct Normed(float Largest, double Sum, double Weighted);
}
