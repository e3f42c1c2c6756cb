namespace PluginLens.Numerics.Tests.Maps;

/// <summary>The formulas of t-SNE, written down once more and as slowly as possible.</summary>
internal static class NaiveTSne
{
    /// <summary>The map after some steps, from the start on.</summary>
    /// <param name="points">Rows, <c>[n][d]</c>.</param>
    /// <param name="components">Dimensions of the map.</param>
    /// <param name="perplexity">Effective number of neighbours.</param>
    /// <param name="learningRate">Step size.</param>
    /// <param name="steps">Steps.</param>
    public static double[][] Map(double[][] points, int components, double perplexity, double learningRate, int steps) =>
        Descend(Affinities(points, perplexity), Start(points, components), learningRate, steps);

    /// <summary>Principal components, the first with a deviation of 1e-4.</summary>
    public static double[][] Start(double[][] points, int components)
    {
        var coordinates = NaiveComponents.Of(points)[..components];
        var size = 1e-4 / Math.Sqrt(coordinates[0].Sum(value => value * value) / points.Length);
        return [.. Enumerable.Range(0, points.Length).Select(i => coordinates.Select(axis => axis[i] * size).ToArray())];
    }

    private static double Squared(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var at = 0; at < a.Length; at++)
        {
            sum += (a[at] - b[at]) * (a[at] - b[at]);
        }

        return sum;
    }

    // Bisects the logarithm of the precision, unlike the code under test.
    private static double[][] Conditional(double[][] x, double perplexity) => [.. Enumerable.Range(0, x.Length).Select(i =>
    {
        double[] At(double log)
        {
            var row = x.Select((other, j) => j == i ? 0 : Math.Exp(-Math.Exp(log) * Squared(x[i], other))).ToArray();
            return [.. row.Select(value => value / row.Sum())];
        }

        double low = -10, high = 10;
        for (var step = 0; step < 100; step++)
        {
            var entropy = -At((low + high) / 2).Sum(value => value > 0 ? value * Math.Log(value) : 0);
            (low, high) = entropy > Math.Log(perplexity) ? ((low + high) / 2, high) : (low, (low + high) / 2);
        }

        return At(low);
    })];

    public static double[,] Affinities(double[][] x, double perplexity)
    {
        var n = x.Length;
        var conditional = Conditional(x, perplexity);
        var p = new double[n, n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                p[i, j] = (conditional[i][j] + conditional[j][i]) / (2 * n);
            }
        }

        return p;
    }

    private static int Freedom(double[][] map) => Math.Max(map[0].Length - 1, 1);

    private static double[,] Closeness(double[][] map)
    {
        var n = map.Length;
        var (a, sum, q) = (Freedom(map), 0.0, new double[n, n]);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                q[i, j] = i == j ? 0 : Math.Pow(1 + (Squared(map[i], map[j]) / a), -(a + 1) / 2.0);
                sum += q[i, j];
            }
        }

        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                q[i, j] /= sum;
            }
        }

        return q;
    }

    public static double Divergence(double[,] p, double[][] map)
    {
        var n = map.Length;
        var q = Closeness(map);
        var sum = 0.0;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                sum += i == j ? 0 : p[i, j] * Math.Log(p[i, j] / q[i, j]);
            }
        }

        return sum;
    }

    private static double[][] Gradient(double[,] p, double[][] map, double exaggeration = 1)
    {
        var (n, q, a) = (map.Length, Closeness(map), (double)Freedom(map));
        return [.. Enumerable.Range(0, n).Select(i => Enumerable.Range(0, map[0].Length).Select(axis => Enumerable.Range(0, n).Where(j => j != i).Sum(
            j => (2 * (a + 1) / a) * ((exaggeration * p[i, j]) - q[i, j]) * (map[i][axis] - map[j][axis]) / (1 + (Squared(map[i], map[j]) / a)))).ToArray())];
    }

    private static double[][] Descend(double[,] p, double[][] map, double learningRate, int steps)
    {
        var velocity = map.Select(row => new double[row.Length]).ToArray();
        var gains = map.Select(row => row.Select(_ => 1.0).ToArray()).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var gradient = Gradient(p, map, step < 250 ? 12 : 1);
            for (var i = 0; i < map.Length; i++)
            {
                for (var axis = 0; axis < map[0].Length; axis++)
                {
                    gains[i][axis] = Math.Max(0.01, velocity[i][axis] * gradient[i][axis] > 0 ? gains[i][axis] * 0.8 : gains[i][axis] + 0.2);
                    velocity[i][axis] = ((step < 250 ? 0.5 : 0.8) * velocity[i][axis]) - (learningRate * gains[i][axis] * gradient[i][axis]);
                    map[i][axis] += velocity[i][axis];
                }
            }
        }

        return map;
    }
}
