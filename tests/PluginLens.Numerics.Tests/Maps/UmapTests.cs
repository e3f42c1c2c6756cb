using PluginLens.Numerics.Algebra;
using PluginLens.Numerics.Maps;

namespace PluginLens.Numerics.Tests.Maps;

/// <summary>UMAP's parts equal their formulas; what one seed gives is one map; small, equal and scattered rows are laid out.</summary>
[TestFixture]
internal sealed class UmapTests
{
    private readonly CpuCompute compute = new(2);

    [Test]
    public void Graph_SaysWhatTheFormulasSay()
    {
        var rows = Cloud(1, 40, 3, 1);
        var nearest = NearestRows.Of(rows, 6, 1, default);
        var graph = UmapGraph.Of(nearest);

        double Says(int i, int j)
        {
            if (nearest[i].All(link => link.Row != j))
            {
                return 0;
            }

            // The width by plain search: what row i says sums up to log2 of seven neighbours, itself among them.
            double[] beyond = [.. nearest[i].Select(link => link.Value - nearest[i][0].Value)];
            double low = 1e-6, high = 1e3;
            for (var step = 0; step < 100; step++)
            {
                var middle = Math.Sqrt(low * high);
                (low, high) = beyond.Sum(value => Math.Exp(-value / middle)) > Math.Log2(7) ? (low, middle) : (middle, high);
            }

            return Math.Exp(-beyond[Array.FindIndex(nearest[i], link => link.Row == j)] / low);
        }

        for (var i = 0; i < 40; i++)
        {
            var row = graph[i].ToArray().ToDictionary(link => link.Row, link => link.Value);
            for (var j = 0; j < 40; j++)
            {
                var (one, other) = (Says(i, j), Says(j, i));
                Assert.That(row.GetValueOrDefault(j), Is.EqualTo(one + other - (one * other)).Within(1e-4), $"{i}, {j}");
            }
        }
    }

    [Test]
    public void Start_IsTheEigenvectorsOfTheLaplacian()
    {
        var rows = Cloud(2, 60, 3, 1);
        var graph = UmapGraph.Of(NearestRows.Of(rows, 9, 1, default));
        Assert.That(SpectralLayout.Pieces(graph), Has.Count.EqualTo(1));

        var layout = SpectralLayout.Of(graph, rows, 2, default);

        var degrees = Enumerable.Range(0, 60).Select(row => graph[row].ToArray().Sum(link => link.Value)).ToArray();
        for (var axis = 0; axis < 2; axis++)
        {
            // L v = value v, orthogonal to the constant one, and the values are the second and third of all.
            var v = Enumerable.Range(0, 60).Select(row => layout[row, axis]).ToArray();
            var image = Enumerable.Range(0, 60).Select(row => v[row] - graph[row].ToArray().Sum(link => link.Value * v[link.Row] / Math.Sqrt(degrees[row] * degrees[link.Row]))).ToArray();
            var value = v.Zip(image, (a, b) => a * b).Sum() / v.Sum(a => a * a);
            Assert.That(image, Is.EqualTo(v.Select(a => value * a)).Within(1e-3));
            Assert.That(v.Select((a, row) => a * Math.Sqrt(degrees[row])).Sum(), Is.Zero.Within(1e-6));
            var laplacian = new Matrix64(60, 60);
            for (var row = 0; row < 60; row++)
            {
                laplacian[row, row] = 1;
                foreach (var link in graph[row])
                {
                    laplacian[row, link.Row] -= link.Value / Math.Sqrt(degrees[row] * degrees[link.Row]);
                }
            }

            Assert.That(value, Is.EqualTo(compute.Eigenvalues(laplacian)[58 - axis]).Within(1e-5));
        }

        Assert.That(layout.Data.Max(Math.Abs), Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void Pieces_LieAroundTheirOwnCentres()
    {
        // Three clumps that know nothing of each other, one of two rows.
        var rows = new Matrix64([.. Cloud(3, 20, 2, 1).Data, .. Cloud(4, 20, 2, 1).Data.Select(value => value + 100), 300, 300, 301, 300], 42, 2);
        var links = NearestRows.Of(new Matrix64(rows.Data[..80], 40, 2), 5, 1, default).Append([new Link(41, 1)]).Append([new Link(40, 1)]).ToArray();
        var graph = UmapGraph.Of(links);
        Assert.That(SpectralLayout.Pieces(graph).Select(piece => (piece[0], piece.Length)), Is.EqualTo(new[] { (0, 20), (20, 20), (40, 2) }));

        var layout = SpectralLayout.Of(graph, rows, 2, default);

        var means = new Matrix64(3, 2);
        for (var row = 0; row < 42; row++)
        {
            means[row / 20, 0] += rows[row, 0] / (row < 40 ? 20 : 2);
            means[row / 20, 1] += rows[row, 1] / (row < 40 ? 20 : 2);
        }

        var centres = compute.PrincipalComponents(means.ToMatrix(), 2);
        var largest = centres.Data.Max(Math.Abs);
        for (var row = 0; row < 42; row++)
        {
            double From(int piece) => Math.Max(Math.Abs(layout[row, 0] - (centres[piece, 0] / largest)), Math.Abs(layout[row, 1] - (centres[piece, 1] / largest)));
            var apart = Enumerable.Range(0, 3).Where(other => other != row / 20).Min(other => Distance(centres, row / 20, other)) / largest;
            Assert.That(From(row / 20), Is.LessThanOrEqualTo((apart / 2) + 1e-5), $"row {row}");
        }

        // Each fills its room: its farthest point lies half the way to the nearest other centre.
        Assert.That(Math.Max(Math.Abs(layout[40, 0] - layout[41, 0]), Math.Abs(layout[40, 1] - layout[41, 1])), Is.EqualTo(Distance(centres, 2, 1) / largest).Within(1e-5));
    }

    [Test]
    public void OneSeedGivesOneMap_WhateverTheThreads_AndAnotherSeedAnother()
    {
        var x = Cloud(5, 300, 4, 3).ToMatrix();

        var map = new CpuCompute(1).Umap(x, 2, 10, 0.1, 30, 7);

        Assert.That(new CpuCompute(3).Umap(x, 2, 10, 0.1, 30, 7).Data, Is.EqualTo(map.Data));
        Assert.That(compute.Umap(x, 2, 10, 0.1, 30, 8).Data, Is.Not.EqualTo(map.Data));
    }

    [Test]
    public void ScatteredClumps_StayTogether([Values(2, 3)] int components)
    {
        var map = compute.Umap(Cloud(6, 90, 5, 3).ToMatrix(), components, 8, 0.1, 200, 1);

        Assert.That((map.Rows, map.Columns), Is.EqualTo((90, components)));
        for (var row = 0; row < 90; row++)
        {
            Assert.That(Enumerable.Range(0, 90).Where(other => other != row).MinBy(other => Distance(map, row, other)) % 3, Is.EqualTo(row % 3), $"row {row}");
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(9)]
    public void FewRows_HaveTheNeighboursThereAre(int rows)
    {
        var map = compute.Umap(Cloud(7, rows, 4, 1).ToMatrix(), 2, 15, 0.1, 100, 1);

        Assert.That((map.Rows, map.Columns), Is.EqualTo((rows, 2)));
        Assert.That(map.Data, Is.All.InRange(-100, 100));
        Assert.That(Enumerable.Range(0, rows).Select(row => (map[row, 0], map[row, 1])).Distinct().Count(), Is.EqualTo(rows));
    }

    [Test]
    public void EqualRows_AreOnePoint()
    {
        var cloud = Cloud(8, 30, 4, 1);
        var twice = new Matrix64([.. cloud.Data, .. cloud.Data, .. new double[4 * 5]], 65, 4);

        var map = compute.Umap(twice.ToMatrix(), 2, 5, 0.1, 50, 1);

        Assert.That(map.Data[60..120], Is.EqualTo(map.Data[..60]));
        Assert.That(compute.Umap(new Matrix64(10, 3).ToMatrix(), 2, 5, 0.1, 50, 1).Data, Is.All.Zero);
    }

    [TestCase(1, 0.1, 2, 10)]
    [TestCase(5, -1.0, 2, 10)]
    [TestCase(5, 1.1, 2, 10)]
    [TestCase(5, double.NaN, 2, 10)]
    [TestCase(5, 0.1, 0, 10)]
    [TestCase(5, 0.1, 2, -1)]
    public void WhatMakesNoMap_IsRefused(int neighbours, double leastDistance, int components, int epochs) =>
        Assert.That(() => compute.Umap(Cloud(9, 6, 2, 1).ToMatrix(), components, neighbours, leastDistance, epochs, 1), Throws.ArgumentException.With.Message.Contains("2 neighbours or more"));

    [Test]
    public void Curve_IsAMinimumOfTheSquares([Values(0, 0.1, 0.5, 1)] double least)
    {
        double Error(double a, double b) => Enumerable.Range(0, 300).Sum(point =>
        {
            var d = 3.0 * point / 299;
            return Math.Pow((1 / (1 + (a * Math.Pow(d, 2 * b)))) - (d < least ? 1 : Math.Exp(least - d)), 2);
        });
        var (a, b) = UmapCurve.Fit(least);
        foreach (var (da, db) in new[] { (1.001, 1.0), (0.999, 1.0), (1.0, 1.001), (1.0, 0.999) })
        {
            Assert.That(Error(a * da, b * db), Is.GreaterThan(Error(a, b)));
        }
    }

    [Test]
    public void LeadingVectors_AreThoseOfTheDecomposition([Values(3, 20, 70, 200)] int n, [Values(1, 3)] int count, [Values] bool tied)
    {
        // A Gram matrix of few dimensions, or one whose largest eigenvalue is there three times.
        var factor = Cloud(10, n, 12, 1);
        var s = compute.Multiply(factor, factor.Transpose());
        if (tied)
        {
            s = new Matrix64(n, n);
            for (var i = 0; i < n; i++)
            {
                s[i, i] = i < 3 ? 5 : 1.0 / i;
            }
        }

        var found = LeadingVectors.Of(n, count, (vector, image) =>
        {
            for (var row = 0; row < n; row++)
            {
                image[row] = System.Numerics.Tensors.TensorPrimitives.Dot<double>(s.Row(row), vector);
            }
        }, 1e-12, 100, default);

        var values = compute.Eigenvalues(s);
        Assert.That((found.Rows, found.Columns), Is.EqualTo((count, n)));
        var image = compute.Multiply(found, s);
        for (var which = 0; which < count; which++)
        {
            Assert.That(image.Row(which).ToArray(), Is.EqualTo(found.Row(which).ToArray().Select(value => value * values[which])).Within(1e-9 * values[0]));
            for (var other = 0; other <= which; other++)
            {
                Assert.That(System.Numerics.Tensors.TensorPrimitives.Dot<double>(found.Row(which), found.Row(other)), Is.EqualTo(which == other ? 1 : 0).Within(1e-12));
            }
        }
    }

    [Test]
    public void FewComponentsOfManyRows_AreThoseOfTheFullDecomposition([Values(70, 150)] int rows, [Values(66, 90)] int columns)
    {
        var x = Cloud(11, rows, columns, 4).ToMatrix();
        var all = compute.PrincipalComponents(x, columns);

        var few = compute.PrincipalComponents(x, 3);

        for (var row = 0; row < rows; row++)
        {
            Assert.That(few.Row(row).ToArray(), Is.EqualTo(all.Row(row)[..3].ToArray()).Within(1e-7));
        }

        Assert.That(compute.PrincipalComponents(new Matrix(new float[rows * columns], rows, columns), 2).Data, Is.All.Zero);
    }

    private static double Distance(Matrix64 map, int one, int other) => System.Numerics.Tensors.TensorPrimitives.Distance<double>(map.Row(one), map.Row(other));

    // Clumps far apart, row i of clump i % clumps.
    private static Matrix64 Cloud(int seed, int rows, int columns, int clumps)
    {
        var random = new SeededNumbers(seed);
        var result = new Matrix64(rows, columns);
        for (var at = 0; at < result.Data.Length; at++)
        {
            result.Data[at] = random.Normal() + (at / columns % clumps == at % columns ? 30 : 0);
        }

        return result;
    }
}
