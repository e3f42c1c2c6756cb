using System.Numerics.Tensors;

namespace PluginLens.Numerics.Maps;

/// <summary>
/// Exact t-SNE (van der Maaten and Hinton, 2008) started from principal components, so that nothing is random:
/// early exaggeration 12 and momentum 0.5 for 250 steps, then momentum 0.8, with adaptive gains. Closeness in the map is Student's t with
/// max(components - 1, 1) degrees of freedom, a: <c>q ∝ (1 + distance²/a)^(-(a+1)/2)</c>, as in scikit-learn, so that divergences can be compared.
/// </summary>
internal static class TSne
{
    private const int EarlySteps = 250;
    private const double Exaggeration = 12;

    /// <summary>Embeds rows.</summary>
    /// <param name="x">Rows, <c>n x d</c>; hundreds, since all pairs are looked at in every step.</param>
    /// <param name="components">Dimensions of the map.</param>
    /// <param name="perplexity">Effective number of neighbours; less than n.</param>
    /// <param name="learningRate">Step size.</param>
    /// <param name="steps">Steps of gradient descent.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>The map, <c>n x components</c>, and the divergence KL(P || Q) that is left.</returns>
    public static (Matrix64 Map, double Divergence) Of(Matrix64 x, int components, double perplexity, double learningRate, int steps, CancellationToken cancellation = default)
    {
        if (!(perplexity > 0) || perplexity >= x.Rows)
        {
            throw new ArgumentException($"Expected a perplexity above 0 and below the number of rows ({x.Rows}), found {perplexity}.");
        }

        var p = Affinities(x, perplexity);
        var map = Start(x, components, cancellation);
        var freedom = Math.Max(components - 1, 1);
        var q = new Matrix64(x.Rows, x.Rows);
        var gradient = new double[map.Data.Length];
        var velocity = new double[map.Data.Length];
        var gains = new double[map.Data.Length];
        Array.Fill(gains, 1);
        for (var step = 0; step < steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Gradient(p, step < EarlySteps ? Exaggeration : 1, map, freedom, q, gradient);
            var momentum = step < EarlySteps ? 0.5 : 0.8;
            for (var i = 0; i < gradient.Length; i++)
            {
                var same = velocity[i] * gradient[i] > 0;
                gains[i] = Math.Max(0.01, same ? gains[i] * 0.8 : gains[i] + 0.2);
                velocity[i] = (momentum * velocity[i]) - (learningRate * gains[i] * gradient[i]);
                map.Data[i] += velocity[i];
            }
        }

        return (map, Divergence(p, map, freedom, q));
    }

    private static Matrix64 Start(Matrix64 x, int components, CancellationToken cancellation)
    {
        var map = PrincipalComponents.Of(x, components, cancellation);
        var square = 0.0;
        for (var row = 0; row < map.Rows && map.Columns > 0; row++)
        {
            square += map[row, 0] * map[row, 0];
        }

        TensorPrimitives.Multiply(map.Data, square > 0 ? 1e-4 / Math.Sqrt(square / map.Rows) : 1, map.Data);
        return map;
    }

    private static Matrix64 Affinities(Matrix64 x, double perplexity)
    {
        var conditional = new Matrix64(x.Rows, x.Rows);
        for (var i = 0; i < x.Rows; i++)
        {
            Neighbours(x, i, Math.Log(perplexity), conditional.Row(i));
        }

        var p = new Matrix64(x.Rows, x.Rows);
        for (var i = 0; i < x.Rows; i++)
        {
            for (var j = 0; j < x.Rows; j++)
            {
                p[i, j] = (conditional[i, j] + conditional[j, i]) / (2.0 * x.Rows);
            }
        }

        return p;
    }

    /// <summary>Closeness of all rows to one: bisects the precision until the entropy is the logarithm of the perplexity.</summary>
    /// <param name="x">Rows, <c>n x d</c>.</param>
    /// <param name="row">Which one.</param>
    /// <param name="entropy">Logarithm of the perplexity.</param>
    /// <param name="p">Receives probabilities, <c>[n]</c>.</param>
    internal static void Neighbours(Matrix64 x, int row, double entropy, Span<double> p)
    {
        var distances = new double[x.Rows];
        for (var j = 0; j < x.Rows; j++)
        {
            var distance = TensorPrimitives.Distance<double>(x.Row(row), x.Row(j));
            distances[j] = distance * distance;
        }

        distances[row] = double.PositiveInfinity;
        var nearest = distances.Min();
        double low = 0, high = double.PositiveInfinity, precision = 1;
        for (var step = 0; step < 200; step++)
        {
            double sum = 0, weighted = 0;
            for (var j = 0; j < p.Length; j++)
            {
                p[j] = j == row ? 0 : Math.Exp(-precision * (distances[j] - nearest));
                sum += p[j];
                weighted += j == row ? 0 : p[j] * (distances[j] - nearest);
            }

            TensorPrimitives.Divide(p, sum, p);
            var difference = Math.Log(sum) + (precision * weighted / sum) - entropy;
            if (Math.Abs(difference) < 1e-10)
            {
                return;
            }

            (low, high) = difference > 0 ? (precision, high) : (low, precision);
            precision = double.IsPositiveInfinity(high) ? precision * 2 : (low + high) / 2;
        }
    }

    // Fills q with 1 / (1 + distance²/a); returns the sum of its powers (a+1)/2, by which they are divided to become probabilities.
    private static double Kernel(Matrix64 map, int freedom, Matrix64 q)
    {
        var sum = 0.0;
        for (var i = 0; i < map.Rows; i++)
        {
            var one = map.Row(i);
            var close = q.Row(i)[..i];
            for (var j = 0; j < close.Length; j++)
            {
                var other = map.Data.AsSpan(j * one.Length, one.Length);
                var square = 0.0;
                for (var k = 0; k < one.Length; k++)
                {
                    var difference = one[k] - other[k];
                    square += difference * difference;
                }

                close[j] = q.Data[(j * q.Columns) + i] = 1 / (1 + (square / freedom));
                sum += 2 * Power(close[j], freedom);
            }
        }

        return sum;
    }

    private static double Power(double q, int freedom) => freedom switch
    {
        1 => q,
        2 => q * Math.Sqrt(q),
        _ => Math.Pow(q, (freedom + 1) / 2.0),
    };

    /// <summary>The slope of the divergence.</summary>
    /// <param name="p">Closeness of the rows, <c>n x n</c>.</param>
    /// <param name="exaggeration">Factor of <paramref name="p"/>.</param>
    /// <param name="map">The map, <c>n x components</c>.</param>
    /// <param name="freedom">Degrees of freedom.</param>
    /// <param name="q">Room for <c>n x n</c>.</param>
    /// <param name="gradient">Receives <c>[n * components]</c>.</param>
    internal static void Gradient(Matrix64 p, double exaggeration, Matrix64 map, int freedom, Matrix64 q, double[] gradient)
    {
        var sum = Kernel(map, freedom, q);
        var scale = 2.0 * (freedom + 1) / freedom;
        Array.Clear(gradient);
        for (var i = 0; i < map.Rows; i++)
        {
            var one = map.Row(i);
            var near = p.Row(i);
            var close = q.Row(i);
            var slope = gradient.AsSpan(i * one.Length, one.Length);
            for (var j = 0; j < close.Length; j++)
            {
                var other = map.Data.AsSpan(j * one.Length, one.Length);
                var force = scale * ((exaggeration * near[j]) - (Power(close[j], freedom) / sum)) * close[j];
                for (var k = 0; k < one.Length; k++)
                {
                    slope[k] += force * (one[k] - other[k]);
                }
            }
        }
    }

    private static double Divergence(Matrix64 p, Matrix64 map, int freedom, Matrix64 q)
    {
        var sum = Kernel(map, freedom, q);
        var divergence = 0.0;
        for (var i = 0; i < p.Data.Length; i++)
        {
            divergence += p.Data[i] > 0 ? p.Data[i] * Math.Log(p.Data[i] * sum / Power(q.Data[i], freedom)) : 0;
        }

        return divergence;
    }
}
