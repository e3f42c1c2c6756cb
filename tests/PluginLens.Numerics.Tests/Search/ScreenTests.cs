using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Search;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>The screen of small integers rules out nothing that belongs to the list, whatever the factors.</summary>
[TestFixture]
internal sealed class ScreenTests
{
    [Test]
    public void TopPairs_EveryDepth_EqualsDenseSort([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen)
    {
        var random = new Random(1);
        for (var depth = 1; depth <= 130; depth++)
        {
            var (a, b) = (Numbers.Gaussian(random, random.Next(1, 70), depth), Numbers.LogNormalRows(random, random.Next(1, 90), depth, 0.3));
            var query = new PairQuery { K = random.Next(1, 40), Smallest = depth % 2 == 0 };
            AssertSame(Screened(screen, (depth % 5) + 1).TopPairs(a, b, query), Dense.TopPairs(a, b, query), $"depth {depth}");
        }
    }

    [Test]
    public void TopPairs_TiesAndClasses_EqualsDenseSort([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values(1, 2)] int limit)
    {
        var random = new Random(limit);
        var (a, b) = (Numbers.Integers(random, 150, 6, limit), Numbers.Integers(random, 170, 6, limit));
        int[] left = [.. Enumerable.Range(0, 150).Select(_ => random.Next(9))], right = [.. Enumerable.Range(0, 170).Select(_ => random.Next(9))];
        foreach (var k in new[] { 1, 30, 3000, 150 * 170 })
        {
            var query = new PairQuery { K = k, RowClasses = left, ColumnClasses = right };
            AssertSame(Screened(screen, 2).TopPairs(a, b, query), Dense.TopPairs(a, b, query), $"k = {k}");
        }
    }

    [Test]
    public void TopPairs_FactorsThatBytesHoldBadly_EqualsDenseSort(
        [ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen,
        [Values("outlier", "apart", "huge", "tiny", "subnormal", "mixed", "zero", "near")] string kind,
        [Values] bool smallest)
    {
        var random = new Random(7);
        var (a, b) = (Hard(random, 130, 24, kind, left: true), Hard(random, 140, 24, kind, left: false));
        foreach (var k in new[] { 1, 50, 2000 })
        {
            var query = new PairQuery { K = k, Smallest = smallest };
            AssertSame(Screened(screen, 1).TopPairs(a, b, query), Dense.TopPairs(a, b, query), $"k = {k}");
        }
    }

    [Test]
    public void TopPairs_LargerThanABlock_SameBytesWithAnyThreadsAndUse([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values("iid", "apart", "ties")] string kind)
    {
        var random = new Random(3);
        var (a, b) = kind switch
        {
            "iid" => (Numbers.Gaussian(random, 2100, 22), Numbers.Gaussian(random, 4500, 22)),
            "ties" => (Numbers.Integers(random, 1100, 12), Numbers.Integers(random, 4500, 12)),
            _ => (Hard(random, 1100, 22, kind, left: true), Hard(random, 4500, 22, kind, left: false)),
        };
        var query = new PairQuery { K = 500 };
        var expected = new CpuCompute(1, default, null, screen.Width, ScreenUse.Never).TopPairs(a, b, query);
        foreach (var use in new[] { ScreenUse.Probed, ScreenUse.Always })
        {
            foreach (var threads in new[] { 1, 2, 5 })
            {
                var found = new CpuCompute(threads, default, null, screen.Width, use, screen.Kernel).TopPairs(a, b, query);
                Assert.That(found.Select(Bits), Is.EqualTo(expected.Select(Bits)), $"{use}, {threads} threads");
            }
        }
    }

    [Test]
    public void Pays_IsotropicFactors_ButNotThoseWhoseProductsAreSmall([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values("iid", "apart")] string kind)
    {
        var random = new Random(11);
        var (a, b) = kind == "iid"
            ? (Numbers.Gaussian(random, 400, 64), Numbers.Gaussian(random, 400, 64))
            : (Hard(random, 400, 64, kind, left: true), Hard(random, 400, 64, kind, left: false));
        using var left = new PairSide(a, null, null, "A", 1);
        using var right = new PairSide(b, null, null, "B", 1);
        var best = new BestPairs(1);
        var candidates = new PairCandidates(left, right, best, smallest: false);
        using var columns = new PackedBlocks<BytePanels>(1, _ => ByteTiles.PackColumns(right, 0, right.Count, screen.Kernel));
        using var tiles = new ByteTiles(candidates, screen.Kernel, left.Count, columns);
        tiles.Turn(0, left.Count);
        Assert.That(tiles.Pays(0, 0, right.Count), Is.False, "before there is a threshold");
        best.Add(Dense.TopPairs(a, b, new PairQuery { K = 40 })[^1]);
        Assert.That(tiles.Pays(0, 0, right.Count), Is.EqualTo(kind == "iid"));
    }

    [Test]
    public unsafe void Limits_EveryStep_NoProductOfPackedRowsIsUpToThem([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values("iid", "outlier", "apart", "mixed", "near")] string kind, [Values(5, 24, 70)] int depth)
    {
        var kernel = screen.Kernel;
        var random = new Random(depth);
        var (a, b) = kind == "iid"
            ? (Numbers.Gaussian(random, 50, depth), Numbers.Gaussian(random, 150, depth))
            : (Hard(random, 50, depth, kind, left: true), Hard(random, 150, depth, kind, left: false));
        using PairSide left = new(a, null, null, "A", 1), right = new(b, null, null, "B", 1);
        using BytePanels rows = new(left.Count, kernel, depth, left: true), columns = new(right.Count, kernel, depth, left: false);
        rows.PackLeft(left, 0, left.Count, 1);
        columns.PackRight(right, 0, right.Count);
        Assert.That(Enumerable.Range(0, left.Count).Select(rows.Place), Is.EquivalentTo(Enumerable.Range(0, left.Count)), "every row once");
        using NativeBuffer<int> bound = new(rows.Bounds.Room), firstBound = new(rows.Bounds.Room);
        using var start = new NativeBuffer<short>(kernel.Columns);
        for (var column = 0; column < right.Count; column++)
        {
            var panel = column / kernel.Columns;
            for (var row = 0; row < left.Count; row++)
            {
                var score = Score(left, rows.Place(row), right, columns.Place(column));
                for (var step = 1; step <= rows.Steps; step++)
                {
                    var least = rows.Bounds.Limits(columns.Bounds[panel], score, 0, step, columns.Bounds.Tails(step)[panel], 0, rows.Bounds.Room, bound.Pointer, firstBound.Pointer);
                    columns.Spares.Take(panel, step, least, columns.Start(panel, step), start.Pointer);
                    var groups = Math.Min(step * rows.GroupsInStep, rows.Groups);
                    var less = columns.Start(panel, step)[column % kernel.Columns] - start.Pointer[column % kernel.Columns];
                    var product = Product(kernel, rows, row, columns, column, groups);
                    Assert.That(less, Is.InRange(0, short.MaxValue));
                    Assert.That(product - less, Is.GreaterThan(firstBound.Pointer[row / kernel.Rows]), $"row {row}, column {column}, step {step}");
                }

                Assert.That(Product(kernel, rows, row, columns, column, rows.Groups), Is.GreaterThan(bound.Pointer[row / kernel.Rows]));
            }
        }
    }

    [Test]
    public void Tails_EveryStep_AreTheLargestNormsOfWhatFollows([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values(1, 2, 5, 64, 65, 130)] int depth)
    {
        var group = screen.Kernel.Group;
        using var side = new PairSide(Numbers.Gaussian(new Random(depth), 150, depth), null, null, "B", 1);
        using var panels = new BytePanels(side.Count, screen.Kernel, depth, left: false);
        panels.PackRight(side, 0, side.Count);
        Assert.That(panels.Groups, Is.EqualTo((depth + group - 1) / group));
        for (var step = 0; step <= panels.Steps; step++)
        {
            var norms = Enumerable.Range(0, side.Count).GroupBy(row => row / screen.Kernel.Columns, row => Norm(side, panels.Place(row), step * panels.GroupsInStep * group)).Select(panel => panel.Max());
            Assert.That(panels.Bounds.Tails(step)[..(((side.Count - 1) / screen.Kernel.Columns) + 1)].ToArray(), Is.EqualTo(norms).Within(1e-6).Percent, $"step {step}");
        }
    }

    private static unsafe double Norm(PairSide side, int row, int from) =>
        Math.Sqrt(Enumerable.Range(0, side.Data.Columns).Skip(from).Sum(k => (double)side.Data.Row(side.Rows[row])[k] * side.Data.Row(side.Rows[row])[k]));

    private static unsafe double Score(PairSide left, int row, PairSide right, int column) =>
        DotProduct.Of(left.Data.Row(left.Rows[row]), right.Data.Row(right.Rows[column]), left.Data.Columns);

    private static unsafe int Product(ScreenKernel kernel, BytePanels rows, int row, BytePanels columns, int column, int groups)
    {
        sbyte* a = (sbyte*)rows.Panel(row / kernel.Rows), b = (sbyte*)columns.Panel(column / kernel.Columns);
        var sum = 0;
        for (var group = 0; group < groups; group++)
        {
            for (var k = 0; k < kernel.Group; k++)
            {
                sum += (a[(((group * kernel.Rows) + (row % kernel.Rows)) * sizeof(int)) + k] - kernel.Bias) * b[(((group * kernel.Columns) + (column % kernel.Columns)) * kernel.Group) + k];
            }
        }

        return sum;
    }

    private static Matrix Hard(Random random, int rows, int columns, string kind, bool left) => kind switch
    {
        // One dimension a thousand times the others, on both sides.
        "outlier" => Each(rows, columns, k => (float)(Numbers.Normal(random) * (k == 3 ? 1000 : 1))),

        // Long on the dimensions in which the other side is short: products far below the norms.
        "apart" => Each(rows, columns, k => (float)(Numbers.Normal(random) * (k % 2 == (left ? 0 : 1) ? 1 : 1e-4))),
        "huge" => Each(rows, columns, _ => (float)(3e38 * ((2 * random.NextDouble()) - 1))),
        "tiny" => Each(rows, columns, _ => (float)(1e-33 * Numbers.Normal(random))),
        "subnormal" => Each(rows, columns, _ => left ? (float)(1e-44 * random.Next(-9, 10)) : (float)Numbers.Normal(random)),
        "mixed" => Each(rows, columns, _ => (float)(Math.ScaleB(1, random.Next(-120, 60)) * Numbers.Normal(random))),
        "zero" => Each(rows, columns, _ => random.Next(40) == 0 ? (float)Numbers.Normal(random) : 0),

        // Rows that differ in the last bits only.
        _ => Each(rows, columns, k => (float)Math.Sin(k + 1) * (1 + ((float)random.Next(-8, 9) / (1 << 23)))),
    };

    private static Matrix Each(int rows, int columns, Func<int, float> value)
    {
        var at = 0;
        return Numbers.Make(rows, columns, () => value(at++ % columns));
    }

    private static CpuCompute Screened(Screen screen, int threads) => new(threads, default, null, screen.Width, ScreenUse.Always, screen.Kernel);

    private static (int Row, int Column, long Score) Bits(ScoredPair pair) => (pair.Row, pair.Column, BitConverter.DoubleToInt64Bits(pair.Score));

    private static void AssertSame(IReadOnlyList<ScoredPair> found, List<ScoredPair> expected, string what) =>
        Assert.That(found.SequenceEqual(expected), Is.True, what);
}
