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
        Forces(p, Wide(map), components, exact: true).Gradient(1, gradient);
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
        double[] squares = [.. Points[1..].Select(point => point.Zip(Points[0], (a, b) => (a - b) * (a - b)).Sum())];
        var p = new double[N - 1];

        var precision = Affinities.Precision(squares, Enumerable.Repeat(1.0, N - 1).ToArray(), perplexity, p);

        Assert.That(p.Sum(), Is.EqualTo(1).Within(1e-12));
        Assert.That(Math.Exp(-p.Sum(value => value > 0 ? value * Math.Log(value) : 0)), Is.EqualTo(perplexity).Within(1e-8));
        Assert.That(p.Select(value => value / p.Max()), Is.EqualTo(squares.Select(square => Math.Exp(-precision * (square - squares.Min())))).Within(1e-12));
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

    [Test]
    public void FewNeighbours_AndAllOfThem_GiveTheSameCloseness_WhereNoOthersAreClose()
    {
        // Two clumps far apart: whoever is not among the four nearest has no weight.
        double[][] points = [.. Points[..5], .. Points[..5].Select(point => point.Select(value => value + 100).ToArray())];
        var rows = new DistinctRows(Wide(points));

        var few = Affinities.Of(rows, 2, nearest: 4, threads: 1, default);
        var all = Affinities.Of(rows, 2, nearest: 9, threads: 2, default);

        for (var row = 0; row < points.Length; row++)
        {
            var expected = all[row].ToArray().Where(link => link.Row / 5 == row / 5).ToArray();
            Assert.That(few[row].ToArray().Select(link => link.Row), Is.EqualTo(expected.Select(link => link.Row)));
            Assert.That(few[row].ToArray().Select(link => link.Value), Is.EqualTo(expected.Select(link => link.Value)).Within(1e-12));
        }
    }

    [Test]
    public void Copies_CountAsTheManyRowsThatTheyAre([Values(0, 30, 260)] int steps)
    {
        double[][] points = [.. Points, Points[2], Points[2], Points[7]];

        var (map, divergence) = TSne.Of(Wide(points), 2, Perplexity, LearningRate / 20, steps);

        var expected = NaiveTSne.Map(points, 2, Perplexity, LearningRate / 20, steps);
        for (var i = 0; i < points.Length; i++)
        {
            Assert.That(map.Row(i).ToArray(), Is.EqualTo(expected[i]).Within(1e-7), $"row {i}");
        }

        Assert.That(divergence, Is.EqualTo(NaiveTSne.Divergence(NaiveTSne.Affinities(points, Perplexity), expected)).Within(1e-7));
    }

    [Test]
    public void MoreCopiesThanThePerplexity_ShareTheirCloseness_AndNothingRunsToNaN([Values(0, 500)] int exactPoints)
    {
        double[][] points = [.. Points, .. Enumerable.Repeat(Points[4], 20)];
        var p = new double[N];
        var precision = Affinities.Precision([0, 1, 2, 3, 4, 5, 6, 7, 8], [20, 1, 1, 1, 1, 1, 1, 1, 1], Perplexity, p);
        Assert.That((precision > 1e50, p[0], p[1]), Is.EqualTo((true, 1.0, 0.0)));

        var (map, divergence) = TSne.Of(Wide(points), 2, Perplexity, 10, 1000, exactPoints: exactPoints);

        Assert.That(map.Data, Is.All.InRange(-1e4, 1e4));
        Assert.That(divergence, Is.InRange(0, 1.5));
        Assert.That(Enumerable.Range(N, 20).Select(row => map.Row(row).ToArray()), Is.All.EqualTo(map.Row(4).ToArray()));
    }

    [Test]
    public void Tree_OpenedToTheLastCell_PushesAsAllPairsDo([Values(1, 2, 3)] int components, [Values] bool copies)
    {
        var map = Wide(Cloud(400, components));
        map.Row(7).CopyTo(map.Row(8));
        map.Row(7).CopyTo(map.Row(9));
        double[] weights = [.. Enumerable.Range(0, 400).Select(point => copies ? 1 + (point % 5) : 1.0)];
        var tree = new SpaceTree(map, weights);
        tree.Build();
        var push = new double[components];
        foreach (var point in new[] { 0, 8, 9, 123, 399 })
        {
            var freedom = Math.Max(components - 1, 1);
            var sum = tree.Push(point, freedom, 0, push);
            var (expectedSum, expected) = AllPairs(map, weights, point, freedom);
            Assert.That(sum, Is.EqualTo(expectedSum).Within(1e-9 * expectedSum));
            Assert.That(push, Is.EqualTo(expected).Within(1e-9 * expectedSum));

            // Cells as a whole: the force within some percent.
            sum = tree.Push(point, freedom, 0.5, push);
            Assert.That(sum, Is.EqualTo(expectedSum).Within(0.02 * expectedSum));
            Assert.That(push, Is.EqualTo(expected).Within(0.03 * expectedSum));
            Assert.That(push, Is.Not.EqualTo(expected));
        }
    }

    [Test]
    public void Tree_OfOneSpot_AndOfNothing_PushesNowhere()
    {
        var push = new double[] { 9, 9 };
        var spot = new SpaceTree(new Matrix64(3, 2), [1, 2, 4]);
        spot.Build();

        Assert.That((spot.Push(1, 1, 0.5, push), push), Is.EqualTo((6.0, new double[2])));
        Assert.That(() => new SpaceTree(new Matrix64(0, 2), []).Build(), Throws.Nothing);
    }

    [Test]
    public void Map_IsTheSameForEveryNumberOfThreads([Values(0, 1000)] int exactPoints)
    {
        var points = Wide(Cloud(600, 6));

        var (map, divergence) = TSne.Of(points, 2, 20, 100, 60, 1, exactPoints: exactPoints);
        var (again, same) = TSne.Of(points, 2, 20, 100, 60, 3, exactPoints: exactPoints);

        Assert.That((again.Data, same), Is.EqualTo((map.Data, divergence)));
    }

    [Test]
    public void CloseTogether_FarApart_AndRunningOff_TheTreeEnds()
    {
        // Neighbouring float64 numbers, numbers of very different size, and what overflow leaves.
        foreach (var value in new[] { Math.BitIncrement(1.0), 1e-300, 1e300, double.PositiveInfinity, double.NaN })
        {
            var tree = new SpaceTree(new Matrix64([1, 1, value, 1, 0, value], 3, 2), [1, 1, 1]);
            Assert.That(tree.Build, Throws.Nothing);
            Assert.That(() => tree.Push(0, 1, 0.5, new double[2]), Throws.Nothing);
        }
    }

    [Test]
    public void LongMaps_TellOfStepsAndStop()
    {
        using var source = new CancellationTokenSource();
        var told = new List<Progress>();
        var progress = new Telling(told, () => source.Cancel());

        Assert.That(() => TSne.Of(Wide(Points), 2, Perplexity, LearningRate, 1000, 1, source.Token, progress), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(told, Is.EqualTo(new[] { new Progress(0, 1000, "t-SNE"), new Progress(1, 1000, "t-SNE"), new Progress(2, 1000, "t-SNE") }));
    }

    private static (double Sum, double[] Push) AllPairs(Matrix64 map, double[] weights, int point, int freedom)
    {
        var (sum, push) = (-1.0, new double[map.Columns]);
        for (var other = 0; other < map.Rows; other++)
        {
            var square = Enumerable.Range(0, map.Columns).Sum(axis => Math.Pow(map[point, axis] - map[other, axis], 2));
            var close = 1 / (1 + (square / freedom));
            var q = weights[other] * Math.Pow(close, (freedom + 1) / 2.0);
            sum += q;
            for (var axis = 0; axis < map.Columns; axis++)
            {
                push[axis] += q * close * (map[point, axis] - map[other, axis]);
            }
        }

        return (sum, push);
    }

    private static TSneForces Forces(double[,] p, Matrix64 map, int components, bool exact)
    {
        var rows = Enumerable.Range(0, map.Rows).Select(i => Enumerable.Range(0, map.Rows).Where(j => j != i).Select(j => new Link(j, p[i, j] / 2)).ToArray()).ToArray();
        return new TSneForces(new SymmetricLinks(rows, (one, other) => one + other), map, [.. Enumerable.Repeat(1.0, map.Rows)], Math.Max(components - 1, 1), exact, 1, default);
    }

    private static double[][] Cloud(int rows, int columns)
    {
        var random = new SeededNumbers(7);
        return [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, columns).Select(_ => random.Normal() + (row % 3 * 6)).ToArray())];
    }

    private static Matrix64 Wide(double[][] rows) => new([.. rows.SelectMany(row => row)], rows.Length, rows[0].Length);

    private static double[][] Uniform(int seed, int columns, double size)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, N).Select(_ => Enumerable.Range(0, columns).Select(_ => random.NextDouble() * size).ToArray())];
    }

    private sealed class Telling(List<Progress> told, Action third) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            told.Add(value);
            if (told.Count == 3)
            {
                third();
            }
        }
    }
}
