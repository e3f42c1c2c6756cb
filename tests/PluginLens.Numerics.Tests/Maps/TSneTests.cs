using PluginLens.Numerics.Maps;

namespace PluginLens.Numerics.Tests.Maps;

/// <summary>t-SNE equals its formulas, written down once more and as slowly as possible.</summary>
[TestFixture]
internal sealed class TSneTests
{
    private const int N = 9;
    private const double Perplexity = 3;

    // Small, because larger steps on nine points are chaotic: the last bit of an affinity decides where they end.
    private const double LearningRate = 0.1;

    [Test]
    public void Gradient_OfTheNaiveFormula_IsTheSlopeOfTheDivergence([Values(2, 3, 4)] int components)
    {
        var p = Affinities(Points());
        var map = Spread(components);
        for (var i = 0; i < N; i++)
        {
            for (var axis = 0; axis < components; axis++)
            {
                const double step = 1e-5;
                double Moved(double by)
                {
                    var moved = map.Select(row => row.ToArray()).ToArray();
                    moved[i][axis] += by;
                    return Divergence(p, moved);
                }

                Assert.That(Gradient(p, map)[i][axis], Is.EqualTo((Moved(step) - Moved(-step)) / (2 * step)).Within(1e-8));
            }
        }
    }

    [Test]
    public void Map_AfterAnyNumberOfSteps_EqualsTheNaiveDescent([Values(2, 3)] int components, [Values(1, 40, 260)] int steps)
    {
        var (map, divergence) = TSne.Of(Points(), components, Perplexity, LearningRate, steps);

        var p = Affinities(Points());
        var expected = Descend(p, Rows(TSne.Of(Points(), components, Perplexity, 10, 0).Map), steps);
        for (var i = 0; i < N; i++)
        {
            Assert.That(map.Row(i).ToArray(), Is.EqualTo(expected[i]).Within(1e-7), $"row {i}");
        }

        Assert.That(divergence, Is.EqualTo(Divergence(p, expected)).Within(1e-7));
    }

    [Test]
    public void Perplexity_IsTheEffectiveNumberOfNeighbours()
    {
        foreach (var row in Conditional(Points()))
        {
            Assert.That(Math.Exp(-row.Sum(value => value > 0 ? value * Math.Log(value) : 0)), Is.EqualTo(Perplexity).Within(1e-9));
        }
    }

    [Test]
    public void EqualRows_LieOnOneSpot()
    {
        var points = Points();
        points.Row(0).CopyTo(points.Row(5));

        var map = TSne.Of(points, 3, Perplexity, 10, 1000).Map;

        Assert.That(map.Row(5).ToArray(), Is.EqualTo(map.Row(0).ToArray()).Within(1e-9));
        Assert.That(map.Data, Is.All.InRange(-1e6, 1e6));
    }

    [TestCase(2, 1.0)]
    [TestCase(3, 2.0)]
    public void AsManyNeighboursAsThereAre_GivesAFiniteMap(int rows, double perplexity)
    {
        var (map, divergence) = TSne.Of(new Matrix64(Points().Data[..(rows * 5)], rows, 5), 2, perplexity, 10, 300);

        Assert.That(map.Data, Is.All.InRange(-1e6, 1e6));
        Assert.That(divergence, Is.InRange(-1e-12, 1));
    }

    private static Matrix64 Points()
    {
        var random = new Random(4);
        return new Matrix64([.. Enumerable.Range(0, N * 5).Select(_ => random.NextDouble() * 2)], N, 5);
    }

    private static double[][] Spread(int components)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, N).Select(_ => Enumerable.Range(0, components).Select(_ => random.NextDouble() * 3).ToArray())];
    }

    private static double[][] Rows(Matrix64 map) => [.. Enumerable.Range(0, map.Rows).Select(row => map.Row(row).ToArray())];

    private static double Squared(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var at = 0; at < a.Length; at++)
        {
            sum += (a[at] - b[at]) * (a[at] - b[at]);
        }

        return sum;
    }

    // Bisects the logarithm of the precision, unlike the code under test.
    private static double[][] Conditional(Matrix64 x) => [.. Enumerable.Range(0, N).Select(i =>
    {
        double[] At(double log)
        {
            var row = Enumerable.Range(0, N).Select(j => j == i ? 0 : Math.Exp(-Math.Exp(log) * Squared(x.Row(i), x.Row(j)))).ToArray();
            return [.. row.Select(value => value / row.Sum())];
        }

        double low = -10, high = 10;
        for (var step = 0; step < 100; step++)
        {
            var entropy = -At((low + high) / 2).Sum(value => value > 0 ? value * Math.Log(value) : 0);
            (low, high) = entropy > Math.Log(Perplexity) ? ((low + high) / 2, high) : (low, (low + high) / 2);
        }

        return At(low);
    })];

    private static double[,] Affinities(Matrix64 x)
    {
        var conditional = Conditional(x);
        var p = new double[N, N];
        for (var i = 0; i < N; i++)
        {
            for (var j = 0; j < N; j++)
            {
                p[i, j] = (conditional[i][j] + conditional[j][i]) / (2 * N);
            }
        }

        return p;
    }

    private static int Freedom(double[][] map) => Math.Max(map[0].Length - 1, 1);

    private static double[,] Closeness(double[][] map)
    {
        var (a, sum, q) = (Freedom(map), 0.0, new double[N, N]);
        for (var i = 0; i < N; i++)
        {
            for (var j = 0; j < N; j++)
            {
                q[i, j] = i == j ? 0 : Math.Pow(1 + (Squared(map[i], map[j]) / a), -(a + 1) / 2.0);
                sum += q[i, j];
            }
        }

        for (var i = 0; i < N; i++)
        {
            for (var j = 0; j < N; j++)
            {
                q[i, j] /= sum;
            }
        }

        return q;
    }

    private static double Divergence(double[,] p, double[][] map)
    {
        var q = Closeness(map);
        var sum = 0.0;
        for (var i = 0; i < N; i++)
        {
            for (var j = 0; j < N; j++)
            {
                sum += i == j ? 0 : p[i, j] * Math.Log(p[i, j] / q[i, j]);
            }
        }

        return sum;
    }

    private static double[][] Gradient(double[,] p, double[][] map, double exaggeration = 1)
    {
        var (q, a) = (Closeness(map), (double)Freedom(map));
        return [.. Enumerable.Range(0, N).Select(i => Enumerable.Range(0, map[0].Length).Select(axis => Enumerable.Range(0, N).Where(j => j != i).Sum(
            j => (2 * (a + 1) / a) * ((exaggeration * p[i, j]) - q[i, j]) * (map[i][axis] - map[j][axis]) / (1 + (Squared(map[i], map[j]) / a)))).ToArray())];
    }

    private static double[][] Descend(double[,] p, double[][] map, int steps)
    {
        var velocity = map.Select(row => new double[row.Length]).ToArray();
        var gains = map.Select(row => row.Select(_ => 1.0).ToArray()).ToArray();
        for (var step = 0; step < steps; step++)
        {
            var gradient = Gradient(p, map, step < 250 ? 12 : 1);
            for (var i = 0; i < N; i++)
            {
                for (var axis = 0; axis < map[0].Length; axis++)
                {
                    gains[i][axis] = Math.Max(0.01, velocity[i][axis] * gradient[i][axis] > 0 ? gains[i][axis] * 0.8 : gains[i][axis] + 0.2);
                    velocity[i][axis] = ((step < 250 ? 0.5 : 0.8) * velocity[i][axis]) - (LearningRate * gains[i][axis] * gradient[i][axis]);
                    map[i][axis] += velocity[i][axis];
                }
            }
        }

        return map;
    }
}
