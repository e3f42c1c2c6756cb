using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Products;

[TestFixture]
internal sealed class MultiplyTests
{
    private static readonly KernelWidth[] Widths = Enum.GetValues<KernelWidth>();

    [Test]
    public void Multiply_RandomShapes_WithinTheErrorBound([ValueSource(nameof(Widths))] KernelWidth width)
    {
        var random = new Random(3);
        for (var trial = 0; trial < 25; trial++)
        {
            int n = random.Next(1, 150), r = random.Next(0, 90), m = random.Next(1, 150);
            var a = Numbers.Gaussian(random, n, r);
            var b = Numbers.Transposed(Numbers.Gaussian(random, m, r)).Transpose();
            var product = new CpuCompute(random.Next(1, 4), default, null, width).Multiply(trial % 2 == 0 ? Numbers.Strided(a) : a, b);
            double[][] left = Dense.Rows(a), right = Dense.Rows(b.Transpose());
            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < m; j++)
                {
                    var bound = 1e-6 * (r + 1) * Math.Sqrt(Dense.Dot(left[i], left[i]) * Dense.Dot(right[j], right[j]));
                    Assert.That((double)product.Row(i)[j], Is.EqualTo(Dense.Dot(left[i], right[j])).Within(bound));
                }
            }
        }
    }

    [Test]
    public void Multiply_AnyThreads_SameBytes()
    {
        var random = new Random(3);
        var (a, b) = (Numbers.Gaussian(random, 301, 67), Numbers.Gaussian(random, 67, 211));
        var expected = new CpuCompute(1).Multiply(a, b).Data.ToArray();
        foreach (var threads in new[] { 2, 8 })
        {
            Assert.That(new CpuCompute(threads).Multiply(a, b).Data.ToArray(), Is.EqualTo(expected));
        }
    }

    [Test]
    public void Multiply_ManyRowsFewColumns_SameBitsAsInParts([ValueSource(nameof(Widths))] KernelWidth width, [Values] bool gaps)
    {
        var random = new Random(4);
        foreach (var columns in new[] { 1, 15, 16, 17, 63, 64, 65, 129, 256, 257 })
        {
            int rows = random.Next(256, 700), depth = random.Next(1, 90);
            var all = Numbers.Gaussian(random, rows, depth + 7);
            var a = gaps ? new Matrix(all.Data, rows, depth, depth + 7, 1) : Numbers.Gaussian(random, rows, depth);
            var b = gaps ? Numbers.Transposed(Numbers.Gaussian(random, depth, columns)) : Numbers.Gaussian(random, depth, columns);
            var compute = new CpuCompute(random.Next(1, 4), default, null, width);
            var product = compute.Multiply(a, b).Data.ToArray();
            for (var start = 0; start < rows; start += 100)
            {
                var part = compute.Multiply(a.Slice(start, Math.Min(100, rows - start)), b).Data.ToArray();
                Assert.That(product.AsSpan(start * columns, part.Length).ToArray(), Is.EqualTo(part), $"{rows} x {depth} x {columns}");
            }
        }
    }

    [Test]
    public void Multiply_IntoMemoryUsedBefore_OverwritesIt([Values(0, 5)] int depth)
    {
        var random = new Random(3);
        var (a, b) = (Numbers.Gaussian(random, 31, depth), Numbers.Gaussian(random, depth, 21));
        var product = Enumerable.Repeat(float.NaN, 31 * 21).ToArray();
        new CpuCompute(2).Multiply(a, b, product);
        Assert.That(product, Is.EqualTo(new CpuCompute(1).Multiply(a, b).Data.ToArray()));
        Assert.That(() => new CpuCompute(1).Multiply(a, b, new float[30 * 21]), Throws.ArgumentException.With.Message.Contains("31 x 21").And.Message.Contains("630"));
    }

    [Test]
    public void Multiply_NotFiniteOrTooLarge_IsRefused()
    {
        var compute = new CpuCompute(1);
        var one = Numbers.Make(3, 3, () => 1);
        Assert.That(() => compute.Multiply(Numbers.Make(3, 3, () => float.NaN), one), Throws.ArgumentException.With.Message.Contains("row 0"));
        Assert.That(() => compute.Multiply(one, Numbers.Make(3, 3, () => float.PositiveInfinity)), Throws.ArgumentException);
        Assert.That(() => compute.Multiply(Numbers.Make(3, 3, () => 1e30f), Numbers.Make(3, 3, () => 1e30f)), Throws.ArgumentException.With.Message.Contains("too large for float32"));
        Assert.That(() => compute.Multiply(one, Numbers.Make(4, 3, () => 1)), Throws.ArgumentException.With.Message.Contains("3 x 3 times 4 x 3"));
    }
}
