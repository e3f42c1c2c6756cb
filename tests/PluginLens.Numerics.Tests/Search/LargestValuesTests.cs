using PluginLens.Numerics.Search;

namespace PluginLens.Numerics.Tests.Search;

[TestFixture]
internal sealed class LargestValuesTests
{
    [Test]
    public void Kth_AnySizeTiesAndSigns_EqualsSort([Values(0, 1, 2)] int kind)
    {
        var random = new Random(kind);
        for (var size = 1; size < 70; size++)
        {
            float[] values = [.. Enumerable.Range(0, size).Select(_ => kind switch
            {
                0 => (float)(random.NextDouble() - 0.5),
                1 => random.Next(-2, 3),
                _ => (float)Math.ScaleB(random.NextDouble() - 0.5, random.Next(-160, 120)),
            })];
            var sorted = values.OrderDescending().ToArray();
            for (var k = 1; k <= size; k++)
            {
                Assert.That(LargestValues.Kth(values, k), Is.EqualTo(sorted[k - 1]), $"{k} of {size}");
            }
        }
    }

    [Test]
    public void Kth_ExtremesAndZerosOfBothSigns_EqualsSort()
    {
        float[] values = [0f, -0f, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, -float.Epsilon, 0f, -0f];
        var sorted = values.OrderDescending().ToArray();
        Assert.That(Enumerable.Range(1, values.Length).Select(k => LargestValues.Kth(values, k)), Is.EqualTo(sorted));
        Assert.That(() => LargestValues.Kth(values, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => LargestValues.Kth(values, values.Length + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
