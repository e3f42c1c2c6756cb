using PluginLens.Numerics.Search;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>Rows by their squared norms.</summary>
[TestFixture]
internal sealed class NormOrderTests
{
    [Test]
    public void Descending_NumbersOfEverySize_AsAStableSort([Values(0, 1, 2, 1000)] int count)
    {
        var random = new Random(count);
        double[] special = [0, double.Epsilon, 1e-300, 1, Math.BitIncrement(1), 1e300, double.MaxValue];
        var numbers = Enumerable.Range(0, count).Select(i => i % 3 == 0 ? special[random.Next(special.Length)] : Math.ScaleB(random.NextDouble(), random.Next(-1000, 1000))).ToArray();
        int[] rows = [.. Enumerable.Range(0, count).Where(i => i % 5 != 4)];
        int[] expected = [.. rows.OrderByDescending(row => numbers[row])];
        NormOrder.Descending(rows, numbers);
        Assert.That(rows, Is.EqualTo(expected));
    }
}
