using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Search;

namespace PluginLens.Numerics.Tests.Search;

[TestFixture]
internal sealed class TopRowsTests
{
    private static readonly KernelWidth[] Widths = Enum.GetValues<KernelWidth>();

    [Test]
    public void TopRows_RandomShapesAndQueries_EqualsDenseSort([ValueSource(nameof(Widths))] KernelWidth width, [Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        for (var trial = 0; trial < 30; trial++)
        {
            int n = random.Next(1, 40), m = random.Next(1, 900), d = random.Next(0, 90);
            AssertSame(new CpuCompute(random.Next(1, 5), default, null, width), Data(random, n, d), Data(random, m, d), Query(random, m), $"trial {trial}: {n} x {m} x {d}");
        }
    }

    [Test]
    public void TopRows_LargerThanATask_EqualsDenseSort([Values] RowOrder order)
    {
        var random = new Random(4);
        var query = new RowQuery { K = 100, Order = order };
        AssertSame(new CpuCompute(2), Numbers.Gaussian(random, 1100, 32), Numbers.Transposed(Numbers.Gaussian(random, 2003, 32)), query, "large");
    }

    [Test]
    public void TopRows_AnyThreadsAndWidths_SameBytes([Values] bool ties)
    {
        var random = new Random(5);
        var x = ties ? Numbers.Integers(random, 77, 16) : Numbers.Gaussian(random, 77, 16);
        var b = ties ? Numbers.Integers(random, 3001, 16) : Numbers.LogNormalRows(random, 3001, 16, 0.5);
        var query = new RowQuery { K = 60, Order = RowOrder.LargestAbsolute };
        var expected = new CpuCompute(1, default, null, KernelWidth.Scalar).TopRows(x, b, query);
        foreach (var width in Widths)
        {
            foreach (var threads in new[] { 1, 2, 8 })
            {
                var found = new CpuCompute(threads, default, null, width).TopRows(x, b, query);
                Assert.That(found.Ids, Is.EqualTo(expected.Ids), $"{width}, {threads} threads");
                Assert.That(found.Scores.Select(BitConverter.DoubleToInt64Bits), Is.EqualTo(expected.Scores.Select(BitConverter.DoubleToInt64Bits)));
            }
        }
    }

    [Test]
    public void TopRows_AllTied_TakesLowestIds()
    {
        var found = new CpuCompute(2).TopRows(Numbers.Make(600, 8, () => 1), Numbers.Make(20_000, 8, () => 0), new RowQuery { K = 300 });
        Assert.That(found.IdsOf(599).ToArray(), Is.EqualTo(Enumerable.Range(0, 300)));
    }

    [Test]
    public void TopRows_HugeNumbersAndBias_StayExact([Values(1e30f, 3e38f, 1e-30f)] float size, [Values(1f, 3e38f)] float bias)
    {
        var random = new Random(9);
        var query = new RowQuery { K = 20, Bias = [.. Enumerable.Range(0, 300).Select(_ => bias * (float)random.NextDouble())] };
        AssertSame(new CpuCompute(2), Numbers.Make(9, 9, () => size * (float)((2 * random.NextDouble()) - 1)), Numbers.Make(300, 9, () => size * (float)((2 * random.NextDouble()) - 1)), query, "size");
    }

    [Test]
    public void TopRows_NotFinite_IsRefused()
    {
        var compute = new CpuCompute(2);
        var good = Numbers.Gaussian(new Random(1), 50, 20);
        var data = good.Data.ToArray();
        data[(33 * 20) + 4] = float.NaN;
        var broken = new Matrix(data, 50, 20);
        var bias = new float[50];
        bias[7] = float.PositiveInfinity;
        Assert.That(() => compute.TopRows(broken, good, new RowQuery { K = 3 }), Throws.ArgumentException.With.Message.Contains("row 33"));
        Assert.That(() => compute.TopRows(good, broken, new RowQuery { K = 3 }), Throws.ArgumentException.With.Message.Contains("row 33"));
        Assert.That(() => compute.TopRows(good, good, new RowQuery { K = 3, Bias = bias }), Throws.ArgumentException.With.Message.Contains("at 7"));
        Assert.That(() => compute.TopRows(good, good, new RowQuery { K = 3, Scale = new float[3] }), Throws.ArgumentException.With.Message.Contains("50 elements in Scale, found 3"));
    }

    [Test]
    public void TopRows_FewRows_AreTheSameBitsAsAmongMany([Values] RowOrder order, [Values("rows", "transposed", "strided", "ties")] string layout, [Values(1, 3)] int threads)
    {
        var random = new Random(8);
        var x = layout == "ties" ? Numbers.Integers(random, 40, 33) : Numbers.Gaussian(random, 40, 33);
        var b = layout == "ties" ? Numbers.Integers(random, 1500, 33) : Numbers.LogNormalRows(random, 1500, 33, 0.5);
        b = layout switch { "transposed" => Numbers.Transposed(b), "strided" => Numbers.Strided(b), _ => b };
        var compute = new CpuCompute(threads);
        foreach (var k in new[] { 1, 70, 2000 })
        {
            var query = Query(random, 1500) with { K = k, Order = order };
            var many = compute.TopRows(x, b, query);
            for (var few = 1; few <= FewRowSearch.MostRows + 1; few++)
            {
                var found = compute.TopRows(x.Slice(7, few), b, query);
                Assert.That(found.Ids, Is.EqualTo(many.Ids.AsSpan(7 * many.K, few * many.K).ToArray()), $"{few} rows, k = {k}");
                Assert.That(found.Scores.Select(BitConverter.DoubleToInt64Bits), Is.EqualTo(many.Scores.AsSpan(7 * many.K, few * many.K).ToArray().Select(BitConverter.DoubleToInt64Bits)));
            }
        }
    }

    [Test]
    public void TopRows_FewRowsNotFinite_NameMatrixAndRow([Values(float.NaN, float.PositiveInfinity)] float bad, [Values] bool vocabulary, [Values(1, 50)] int rows)
    {
        var good = Numbers.Gaussian(new Random(1), 60, 20);
        var data = good.Data.ToArray();
        data[(vocabulary ? 33 * 20 : 0) + 4] = bad;
        var broken = new Matrix(data, 60, 20);
        var query = new RowQuery { K = 3, Keep = [.. Enumerable.Range(0, 60).Select(id => id != 33)] };
        Assert.That(
            () => new CpuCompute(2).TopRows((vocabulary ? good : broken).Slice(0, rows), vocabulary ? broken : good, query),
            Throws.ArgumentException.With.Message.Contains($"matrix {(vocabulary ? "B" : "X")}").And.Message.Contains($"row {(vocabulary ? 33 : 0)}, column 4"));
    }

    [Test]
    public void TopRows_NothingToList_IsEmpty()
    {
        var compute = new CpuCompute(2);
        var some = Numbers.Gaussian(new Random(1), 5, 3);
        var none = new Matrix(ReadOnlyMemory<float>.Empty, 0, 3);
        Assert.That(compute.TopRows(none, some, new RowQuery { K = 4 }).Rows, Is.Zero);
        Assert.That(compute.TopRows(some, none, new RowQuery { K = 4 }).K, Is.Zero);
        Assert.That(compute.TopRows(some, some, new RowQuery { K = 4, Keep = new bool[5] }).K, Is.Zero);
        Assert.That(compute.TopRows(some, some, new RowQuery { K = 0 }).Ids, Is.Empty);
    }

    private static Matrix Data(Random random, int rows, int columns)
    {
        var matrix = random.Next(5) switch
        {
            0 => Numbers.Integers(random, rows, columns),
            1 => Numbers.Integers(random, rows, columns, 1),
            2 => Numbers.LogNormalRows(random, rows, columns, 1),
            3 => Numbers.Make(rows, columns, () => 0),
            _ => Numbers.Gaussian(random, rows, columns),
        };
        return random.Next(3) switch { 0 => Numbers.Transposed(matrix), 1 => Numbers.Strided(matrix), _ => matrix };
    }

    private static RowQuery Query(Random random, int m) => new()
    {
        K = random.Next(4) switch { 0 => m + 7, 1 => random.Next(1, 300), _ => random.Next(1, 30) },
        Order = (RowOrder)random.Next(3),
        Keep = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, m).Select(_ => random.Next(3) > 0)],
        Bias = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, m).Select(_ => (float)random.Next(-3, 4))],
        Scale = random.Next(2) == 0 ? null : [.. Enumerable.Range(0, m).Select(_ => (float)(random.NextDouble() - 0.3))],
    };

    private static void AssertSame(CpuCompute compute, Matrix x, Matrix b, RowQuery query, string what)
    {
        var found = compute.TopRows(x, b, query);
        double[][] left = Dense.Rows(x), right = Dense.Rows(b);
        for (var row = 0; row < x.Rows; row++)
        {
            var (ids, scores) = Dense.TopRow(left[row], right, query);
            Assert.That(found.IdsOf(row).SequenceEqual(ids) && found.ScoresOf(row).SequenceEqual(scores), Is.True, $"{what}, row {row}, {query.Order}, k = {query.K}");
        }
    }
}
