using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Search;

[TestFixture]
internal sealed class TopPairsTests
{
    private static readonly KernelWidth[] Widths = Enum.GetValues<KernelWidth>();

    [Test]
    public void TopPairs_RandomShapesAndQueries_EqualsDenseSort([ValueSource(nameof(Widths))] KernelWidth width, [Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        for (var trial = 0; trial < 30; trial++)
        {
            int n = random.Next(1, 260), m = random.Next(1, 260), r = random.Next(0, 80);
            var (a, b) = (Data(random, n, r), Data(random, m, r));
            var query = Query(random, n, m);
            AssertSame(new CpuCompute(random.Next(1, 4), default, null, width).TopPairs(a, b, query), Dense.TopPairs(a, b, query), $"trial {trial}: {n} x {m} x {r}");
        }
    }

    [TestCase(2000, 2000, 64, 1000)]
    [TestCase(1999, 1723, 33, 5000)]
    [TestCase(2000, 1, 768, 50)]
    [TestCase(1, 2000, 7, 3000)]
    public void TopPairs_LargeShape_EqualsDenseSort(int n, int m, int r, int k)
    {
        var random = new Random(n + m + r);
        var (a, b) = (Numbers.LogNormalRows(random, n, r, 0.3), Numbers.Gaussian(random, m, r));
        var query = new PairQuery { K = k };
        AssertSame(new CpuCompute(2).TopPairs(a, b, query), Dense.TopPairs(a, b, query), "large");
    }

    [Test]
    public void TopPairs_AnyThreadsAndWidths_SameBytes([Values] bool ties)
    {
        var random = new Random(5);
        var a = ties ? Numbers.Integers(random, 900, 16) : Numbers.Gaussian(random, 900, 16);
        var b = ties ? Numbers.Integers(random, 1100, 16) : Numbers.LogNormalRows(random, 1100, 16, 0.5);
        var query = new PairQuery { K = 700 };
        var expected = new CpuCompute(1, default, null, KernelWidth.Scalar).TopPairs(a, b, query);
        foreach (var width in Widths)
        {
            foreach (var threads in new[] { 1, 2, 8 })
            {
                var found = new CpuCompute(threads, default, null, width).TopPairs(a, b, query);
                Assert.That(found.Select(Bits), Is.EqualTo(expected.Select(Bits)), $"{width}, {threads} threads");
            }
        }
    }

    [Test]
    public void TopPairs_BillionsOfTies_AreOrderedAtOnce([Values] bool zeros)
    {
        var row = zeros ? new float[64] : [.. Enumerable.Range(0, 64).Select(i => i / 7f)];
        var data = new float[50_000 * 64];
        for (var i = 0; i < 50_000; i++)
        {
            row.CopyTo(data, i * 64);
        }

        var matrix = new Matrix(data, 50_000, 64);
        var classes = Enumerable.Range(0, 50_000).Select(i => i / 25_000).ToArray();
        var found = new CpuCompute(2).TopPairs(matrix, matrix, new PairQuery { K = 60_000, RowClasses = classes, ColumnClasses = classes });
        Assert.That(found, Has.Count.EqualTo(60_000));
        for (var i = 0; i < found.Count; i++)
        {
            Assert.That((found[i].Row, found[i].Column), Is.EqualTo((i / 25_000, 25_000 + (i % 25_000))));
        }
    }

    [Test]
    public void TopPairs_HugeAndTinyNumbers_StayExact([Values(1e30f, 3e38f, 1e-30f, 1e-44f)] float size, [Values] bool mixed)
    {
        var random = new Random(9);
        var a = Numbers.Make(70, 9, () => size * (float)((2 * random.NextDouble()) - 1));
        var b = Numbers.Make(90, 9, () => (mixed ? 1 : size) * (float)((2 * random.NextDouble()) - 1));
        var query = new PairQuery { K = 40, Smallest = mixed };
        AssertSame(new CpuCompute(2).TopPairs(a, b, query), Dense.TopPairs(a, b, query), "size");
    }

    [Test]
    public void TopPairs_NotFinite_NamesMatrixAndRow([Values(float.NaN, float.PositiveInfinity, float.NegativeInfinity)] float bad, [Values] bool left)
    {
        var good = Numbers.Gaussian(new Random(1), 50, 20);
        var data = good.Data.ToArray();
        data[(33 * 20) + 4] = bad;
        var broken = new Matrix(data, 50, 20);
        var compute = new CpuCompute(2);
        Assert.That(
            () => compute.TopPairs(left ? broken : good, left ? good : broken, new PairQuery { K = 3 }),
            Throws.ArgumentException.With.Message.Contains($"matrix {(left ? "A" : "B")}").And.Message.Contains("row 33, column 4"));
    }

    [Test]
    public void TopPairs_BothNotFinite_NamesAWithAnyThreads([Values(1, 2, 5)] int threads)
    {
        var broken = Numbers.Make(5, 3, () => float.NaN);
        Assert.That(() => new CpuCompute(threads).TopPairs(broken, broken, new PairQuery { K = 3 }), Throws.ArgumentException.With.Message.Contains("matrix A"));
    }

    [Test]
    public void TopPairs_NothingToPair_IsEmpty()
    {
        var compute = new CpuCompute(2);
        var some = Numbers.Gaussian(new Random(1), 5, 3);
        var none = new Matrix(ReadOnlyMemory<float>.Empty, 0, 3);
        Assert.That(compute.TopPairs(some, some, new PairQuery { K = 0 }), Is.Empty);
        Assert.That(compute.TopPairs(none, some, new PairQuery { K = 5 }), Is.Empty);
        Assert.That(compute.TopPairs(some, none, new PairQuery { K = 5 }), Is.Empty);
        Assert.That(compute.TopPairs(some, some, new PairQuery { K = 5, KeepRows = new bool[5] }), Is.Empty);
        Assert.That(compute.TopPairs(some, some, new PairQuery { K = 5, RowClasses = new int[5], ColumnClasses = new int[5] }), Is.Empty);
    }

    [Test]
    public void TopPairs_WrongLengths_SayWhatWasExpected()
    {
        var compute = new CpuCompute(1);
        var some = Numbers.Gaussian(new Random(1), 5, 3);
        Assert.That(() => compute.TopPairs(some, Numbers.Gaussian(new Random(1), 5, 4), new PairQuery { K = 1 }), Throws.ArgumentException.With.Message.Contains("3 and 4"));
        Assert.That(() => compute.TopPairs(some, some, new PairQuery { K = 1, KeepRows = new bool[4] }), Throws.ArgumentException.With.Message.Contains("5 elements in KeepRows, found 4"));
        Assert.That(() => compute.TopPairs(some, some, new PairQuery { K = 1, RowClasses = new int[5] }), Throws.ArgumentException.With.Message.Contains("ColumnClasses"));
        Assert.That(() => compute.TopPairs(some, some, new PairQuery { K = -1 }), Throws.ArgumentException.With.Message.Contains("-1"));
    }

    [Test]
    public void TopPairs_Cancelled_EndsWithTheBlockItIsIn()
    {
        var (a, b) = (Numbers.Gaussian(new Random(1), 3000, 8), Numbers.Gaussian(new Random(2), 3000, 8));
        using var source = new CancellationTokenSource();
        var reports = new CancelAtOnce(source);
        var compute = new CpuCompute(1, source.Token, reports, KernelWidth.Scalar);
        Assert.That(() => compute.TopPairs(a, b, new PairQuery { K = 10 }), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(reports.Count, Is.EqualTo(1));
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

    private static PairQuery Query(Random random, int n, int m)
    {
        var classes = random.Next(3) == 0 ? random.Next(2, 40) : 0;
        return new PairQuery
        {
            K = random.Next(4) switch { 0 => (n * m) + 7, 1 => random.Next(1, 2000), _ => random.Next(1, 60) },
            Smallest = random.Next(2) == 0,
            KeepRows = random.Next(2) == 0 ? null : Flags(random, n),
            KeepColumns = random.Next(2) == 0 ? null : Flags(random, m),
            RowClasses = classes == 0 ? null : [.. Enumerable.Range(0, n).Select(_ => random.Next(classes))],
            ColumnClasses = classes == 0 ? null : [.. Enumerable.Range(0, m).Select(_ => random.Next(classes))],
        };
    }

    private static bool[] Flags(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(3) > 0)];

    private static (int Row, int Column, long Score) Bits(ScoredPair pair) => (pair.Row, pair.Column, BitConverter.DoubleToInt64Bits(pair.Score));

    private static void AssertSame(IReadOnlyList<ScoredPair> found, List<ScoredPair> expected, string what)
    {
        Assert.That(found, Has.Count.EqualTo(expected.Count), what);
        for (var i = 0; i < found.Count; i++)
        {
            if (found[i] != expected[i])
            {
                Assert.Fail($"{what}: entry {i} is {found[i]}, expected {expected[i]}.");
            }
        }
    }

    private sealed class CancelAtOnce(CancellationTokenSource source) : IProgress<Progress>
    {
        public int Count { get; private set; }

        public void Report(Progress value)
        {
            Count++;
            source.Cancel();
        }
    }
}
