using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Tests.Search;

/// <summary>The inner loop of the screen: which tiles it stops at, and which entries it lists.</summary>
[TestFixture]
internal sealed class ScreenKernelTests
{
    [Test]
    public void Run_ExtremeBytes_EqualsNaiveSums([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen, [Values(1, 3, 16, 33)] int groups)
    {
        var kernel = screen.Kernel;
        var random = new Random(groups);

        // Within the norms that the kernel asks for: few large bytes or many small ones.
        var depth = groups * kernel.Group;
        var (left, right) = (Bytes(random, kernel.Rows, depth, ScreenKernel.LargestLeft), Bytes(random, kernel.Columns, depth, ScreenKernel.LargestRight));
        var expected = Products(left, right, depth);
        foreach (var first in new[] { 1, (groups + 1) / 2, groups }.Distinct())
        {
            var most = FirstSums(left, right, first * kernel.Group).Max();
            foreach (var limit in new[] { short.MinValue, -500, 0, 500, expected.Max() - 1, expected.Max(), short.MaxValue }.Select(limit => (short)limit))
            {
                foreach (var firstLimit in new[] { short.MinValue, most - 1, most, short.MaxValue }.Select(limit => (short)limit))
                {
                    var (tiles, late, hits) = Run(kernel, left, right, (first, groups), [firstLimit], limit);
                    var rows = FirstSums(left, right, first * kernel.Group).Chunk(kernel.Columns).Select(row => row.Max() > firstLimit).ToArray();
                    Assert.That(hits, Is.EqualTo(Enumerable.Range(0, expected.Length).Where(at => rows[at / kernel.Columns] && expected[at] > limit)), $"limits {firstLimit} after {first} groups, {limit}");
                    Assert.That(tiles, Is.EqualTo(hits.Count > 0 ? new[] { 0 } : []));
                    Assert.That(late, Is.EqualTo(rows.Any(any => any) ? 1 : 0));
                }
            }
        }
    }

    [Test]
    public void Run_SeveralPanels_StopsAtEachWithHitsAndLeavesOutThoseThatNothingExceeds([ValueSource(typeof(Screen), nameof(Screen.All))] Screen screen)
    {
        var kernel = screen.Kernel;
        var random = new Random(5);
        var depth = 4 * kernel.Group;
        var (left, right) = (Bytes(random, 5 * kernel.Rows, depth, ScreenKernel.LargestLeft), Bytes(random, kernel.Columns, depth, ScreenKernel.LargestRight));
        var most = left.Chunk(kernel.Rows).Select(panel => FirstSums(panel, right, depth / 2).Max()).ToArray();
        var (tiles, late, _) = Run(kernel, left, right, (2, 4), [short.MaxValue, most[1] - 1, most[2], most[3] - 1, most[4] - 1], short.MinValue);
        Assert.That(tiles, Is.EqualTo(new[] { 1, 3, 4 }));
        Assert.That(late, Is.EqualTo(3));
    }

    private static int[] Products(int[][] left, int[][] right, int depth) =>
        [.. left.SelectMany(row => right.Select(column => row.Zip(column, (x, y) => x * y).Take(depth).Sum()))];

    // Those of the first groups, as if something were taken off each column's start.
    private static int[] FirstSums(int[][] left, int[][] right, int depth) => [.. Products(left, right, depth).Select((sum, at) => sum - Less(at % right.Length))];

    private static int Less(int column) => column % 3 * 100;

    // Of one right panel: the left panels with hits, how many tiles needed all groups, and the hits.
    private static unsafe (List<int> Panels, long Late, List<int> Hits) Run(ScreenKernel kernel, int[][] left, int[][] right, (int First, int All) groups, int[] firstLimits, int limit)
    {
        using var a = new NativeBuffer<int>(left.Length * groups.All);
        using var b = new NativeBuffer<short>(kernel.Columns * groups.All * kernel.Group / sizeof(short));
        using NativeBuffer<short> start = new(kernel.Columns), whole = new(kernel.Columns);
        using var hits = new ScreenHits(kernel);
        var panels = left.Chunk(kernel.Rows).ToArray();
        for (var panel = 0; panel < panels.Length; panel++)
        {
            Fill(panels[panel], kernel.Group, sizeof(int), kernel.Bias, (sbyte*)(a.Pointer + (panel * kernel.Rows * groups.All)));
        }

        Fill(right, kernel.Group, kernel.Group, 0, (sbyte*)b.Pointer);
        start.Clear();
        whole.Clear();
        kernel.Start(b.Pointer, groups.First, start.Pointer);
        kernel.Start(b.Pointer, groups.All, whole.Pointer);
        for (var at = 0; at < kernel.Columns; at++)
        {
            start.Pointer[at] -= (short)Less(at);
        }

        var limits = new int[panels.Length];
        limits.AsSpan().Fill(limit);
        List<int> found = [], places = [];
        fixed (int* first = firstLimits, all = limits)
        {
            var column = new ScreenColumn(a.Pointer, b.Pointer, groups.First, groups.All, start.Pointer, whole.Pointer, first, all);
            for (var panel = 0; (panel = kernel.Run(column, panel, panels.Length, hits)) < panels.Length; panel++)
            {
                found.Add(panel);
                places.AddRange(new ReadOnlySpan<int>(hits.Places, hits.Count));
            }
        }

        return (found, hits.Late, places);
    }

    // Groups of so many bytes, repeated up to a size.
    private static unsafe void Fill(int[][] rows, int group, int size, int bias, sbyte* panel)
    {
        for (var i = 0; i < rows.Length; i++)
        {
            for (var at = 0; at < rows[i].Length / group * size; at++)
            {
                panel[(((at / size * rows.Length) + i) * size) + (at % size)] = (sbyte)(rows[i][(at / size * group) + (at % group)] + bias);
            }
        }
    }

    private static int[][] Bytes(Random random, int rows, int depth, int largest) => [.. Enumerable.Range(0, rows).Select(row =>
    {
        var values = new int[depth];
        var room = ScreenKernel.LargestNorm * ScreenKernel.LargestNorm;
        for (var k = 0; k < depth && room > 0; k++)
        {
            var most = Math.Min(largest, (int)Math.Sqrt(room));
            values[k] = row % 3 == 0 ? most : row % 3 == 1 ? -most : random.Next(-most, most + 1) / 4;
            room -= values[k] * values[k];
        }

        return values;
    })];
}
