namespace PluginLens.Numerics.Tests.Maps;

[TestFixture]
internal sealed class EmbeddingTests
{
    private readonly CpuCompute compute = new(2);

    [Test]
    public void PrincipalComponents_AllOfThem_KeepDistances([Values(7, 40)] int columns)
    {
        var x = Numbers.Gaussian(new Random(1), 20, columns);
        var rows = Dense.Rows(x);
        var found = compute.PrincipalComponents(x, 100);
        Assert.That(found.Columns, Is.EqualTo(Math.Min(20, columns)));
        for (var i = 0; i < 20; i++)
        {
            var expected = rows[i].Zip(rows[0], (p, q) => (p - q) * (p - q)).Sum();
            Assert.That(Squared(found, i, 0), Is.EqualTo(expected).Within(1e-10));
        }
    }

    [Test]
    public void PrincipalComponents_OfALine_AreItsLength()
    {
        var x = Numbers.Make(9, 3, () => 0).Data.ToArray();
        for (var i = 0; i < 9; i++)
        {
            x[i * 3] = x[(i * 3) + 1] = i;
        }

        var found = compute.PrincipalComponents(new Matrix(x, 9, 3), 2);
        Assert.That(Enumerable.Range(0, 9).Select(i => found[i, 0]), Is.EqualTo(Enumerable.Range(0, 9).Select(i => (i - 4) * Math.Sqrt(2))).Within(1e-12));
        Assert.That(Enumerable.Range(0, 9).Select(i => found[i, 1]), Is.All.Zero.Within(1e-12));
    }

    [Test]
    public void TSne_OfTwoClusters_KeepsThemApartAndIsDeterministic()
    {
        var random = new Random(2);
        var data = Numbers.Gaussian(random, 40, 10).Data.ToArray();
        for (var i = 0; i < 20; i++)
        {
            data[i * 10] += 30;
        }

        var x = new Matrix(data, 40, 10);
        var (map, divergence) = compute.TSne(x, 2, 5, 10, 600);
        var (again, same) = compute.TSne(x, 2, 5, 10, 600);
        Assert.That((again.Data, same), Is.EqualTo((map.Data, divergence)));
        Assert.That(divergence, Is.InRange(0, compute.TSne(x, 2, 5, 10, 0).Divergence / 2));
        for (var i = 0; i < 40; i++)
        {
            var nearest = Enumerable.Range(0, 40).Where(j => j != i).MinBy(j => Squared(map, i, j));
            Assert.That(nearest < 20, Is.EqualTo(i < 20), $"row {i}");
        }
    }

    [Test]
    public void TSne_PerplexityOutOfRange_IsRefused() =>
        Assert.That(() => compute.TSne(Numbers.Gaussian(new Random(3), 5, 2), 2, 5, 10, 1), Throws.ArgumentException.With.Message.Contains("below the number of rows (5)"));

    private static double Squared(Matrix64 x, int i, int j)
    {
        var sum = 0.0;
        for (var k = 0; k < x.Columns; k++)
        {
            sum += (x[i, k] - x[j, k]) * (x[i, k] - x[j, k]);
        }

        return sum;
    }
}
