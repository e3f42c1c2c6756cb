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

    private static readonly double[][] Points = Uniform(4, 5, 2);

    [Test]
    public void Gradient_IsTheSlopeOfTheDivergence([Values(2, 3, 4)] int components)
    {
        var p = NaiveTSne.Affinities(Points, Perplexity);
        var map = Uniform(5, components, 3);
        var gradient = new double[N * components];
        TSne.Gradient(new Matrix64([.. p.Cast<double>()], N, N), 1, new Matrix64([.. map.SelectMany(row => row)], N, components), Math.Max(components - 1, 1), new Matrix64(N, N), gradient);
        for (var i = 0; i < N; i++)
        {
            for (var axis = 0; axis < components; axis++)
            {
                const double step = 1e-5;
                double Moved(double by)
                {
                    var moved = map.Select(row => row.ToArray()).ToArray();
                    moved[i][axis] += by;
                    return NaiveTSne.Divergence(p, moved);
                }

                Assert.That(gradient[(i * components) + axis], Is.EqualTo((Moved(step) - Moved(-step)) / (2 * step)).Within(1e-8));
            }
        }
    }

    [Test]
    public void Map_AfterAnyNumberOfSteps_EqualsTheNaiveDescent([Values(2, 3)] int components, [Values(0, 1, 40, 260)] int steps)
    {
        var (map, divergence) = TSne.Of(Wide(Points), components, Perplexity, LearningRate, steps);

        var expected = NaiveTSne.Map(Points, components, Perplexity, LearningRate, steps);
        for (var i = 0; i < N; i++)
        {
            Assert.That(map.Row(i).ToArray(), Is.EqualTo(expected[i]).Within(1e-7), $"row {i}");
        }

        Assert.That(divergence, Is.EqualTo(NaiveTSne.Divergence(NaiveTSne.Affinities(Points, Perplexity), expected)).Within(1e-7));
    }

    [Test]
    public void Start_IsThePrincipalComponents()
    {
        var start = TSne.Of(Wide(Points), 3, Perplexity, LearningRate, 0).Map;

        Assert.That(start.Data, Is.EqualTo(NaiveTSne.Start(Points, 3).SelectMany(row => row)).Within(1e-15));
    }

    [Test]
    public void Perplexity_IsTheEffectiveNumberOfNeighbours([Values(1.5, 3, 7)] double perplexity)
    {
        for (var row = 0; row < N; row++)
        {
            var p = new double[N];
            TSne.Neighbours(Wide(Points), row, Math.Log(perplexity), p);
            Assert.That(p.Sum(), Is.EqualTo(1).Within(1e-12));
            Assert.That(p[row], Is.Zero);
            Assert.That(Math.Exp(-p.Sum(value => value > 0 ? value * Math.Log(value) : 0)), Is.EqualTo(perplexity).Within(1e-8));
        }
    }

    [Test]
    public void EqualRows_LieOnOneSpot()
    {
        var points = Wide(Points);
        points.Row(0).CopyTo(points.Row(5));

        var map = TSne.Of(points, 3, Perplexity, 10, 1000).Map;

        Assert.That(map.Row(5).ToArray(), Is.EqualTo(map.Row(0).ToArray()).Within(1e-9));
        Assert.That(map.Data, Is.All.InRange(-1e6, 1e6));
    }

    [TestCase(2, 1.0)]
    [TestCase(3, 2.0)]
    public void AsManyNeighboursAsThereAre_GivesAFiniteMap(int rows, double perplexity)
    {
        var (map, divergence) = TSne.Of(Wide(Points[..rows]), 2, perplexity, 10, 300);

        Assert.That(map.Data, Is.All.InRange(-1e6, 1e6));
        Assert.That(divergence, Is.InRange(-1e-12, 1));
    }

    private static Matrix64 Wide(double[][] rows) => new([.. rows.SelectMany(row => row)], rows.Length, rows[0].Length);

    private static double[][] Uniform(int seed, int columns, double size)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, N).Select(_ => Enumerable.Range(0, columns).Select(_ => random.NextDouble() * size).ToArray())];
    }
}
