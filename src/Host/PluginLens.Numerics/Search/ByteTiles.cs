using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>Candidates by the integer screen: everything that its bound cannot rule out, a few more than <see cref="FloatTiles"/> finds.</summary>
internal sealed unsafe class ByteTiles : PairTiles
{
    /// <summary>Above one candidate in so many pairs, scoring them takes longer than float32 products.</summary>
    private const int PairsForOneCandidate = 64;

    /// <summary>So many tiles are to need all dimensions: if fewer do, the first dimensions of the others were more than it took.</summary>
    private const double Continuing = 0.05;

    /// <summary>Left panels for which the number of first dimensions is chosen together.</summary>
    private const int PanelsAtOnce = 32;

    private const int SampleRows = 4;
    private const int SampleColumns = 2;
    private readonly ScreenKernel kernel;
    private readonly PackedBlocks<BytePanels> columns;
    private readonly BytePanels rows;
    private readonly ScreenHits hits;
    private readonly NativeBuffer<short> start;
    private readonly NativeBuffer<int> limits;
    private readonly NativeBuffer<int> firstLimits;
    private readonly double relative;
    private BytePanels? panels;
    private double deviations = 3;
    private long tested;
    private long continued;

    /// <summary>Room for a block of rows.</summary>
    /// <param name="candidates">Receives them.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="rowsInBlock">Rows of a block.</param>
    /// <param name="columns">Blocks of columns.</param>
    public ByteTiles(PairCandidates candidates, ScreenKernel kernel, int rowsInBlock, PackedBlocks<BytePanels> columns)
        : base(candidates, kernel.Columns)
    {
        this.kernel = kernel;
        this.columns = columns;
        var depth = candidates.A.Data.Columns;
        relative = ErrorBound.Relative(depth);
        rows = new BytePanels(rowsInBlock, kernel, depth, left: true);
        hits = new ScreenHits(kernel);
        start = new NativeBuffer<short>(kernel.Columns);
        limits = new NativeBuffer<int>(rows.Bounds.Room);
        firstLimits = new NativeBuffer<int>(rows.Bounds.Room);
    }

    private int PanelCount => ((RowCount - 1) / kernel.Rows) + 1;

    /// <summary>Packs a block of columns for all threads.</summary>
    /// <param name="side">The right factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Columns.</param>
    /// <param name="kernel">Whose panels they are to be.</param>
    public static BytePanels PackColumns(PairSide side, int first, int count, ScreenKernel kernel)
    {
        var panels = new BytePanels(count, kernel, side.Data.Columns, left: false);
        panels.PackRight(side, first, count);
        return panels;
    }

    /// <summary>Whether norms leave most of a block of columns, and, as a few tiles of it tell, few enough pairs would be candidates.</summary>
    /// <param name="block">Number of the block of columns.</param>
    /// <param name="first">Its first place.</param>
    /// <param name="end">The place after its last.</param>
    public bool Pays(int block, int first, int end)
    {
        var threshold = Candidates.Threshold;
        var middle = Candidates.A.Norms[FirstRow + (RowCount / 2)] * Candidates.B.Norms[(first + end) / 2];
        if (double.IsNegativeInfinity(threshold) || middle < threshold)
        {
            return false;
        }

        Meet(block, first);
        long found = 0, pairs = 0;
        foreach (var column in Sample(end - first, kernel.Columns, SampleColumns))
        {
            foreach (var row in Sample(RowCount, kernel.Rows, SampleRows))
            {
                pairs += kernel.Rows * kernel.Columns;
                var from = row - (row % PanelsAtOnce);
                if (kernel.Run(Tiles(column, rows.Steps, from, row + 1, threshold), row, row + 1, hits) == row)
                {
                    found += hits.Count;
                }
            }
        }

        return found * PairsForOneCandidate <= pairs;
    }

    public override void Dispose()
    {
        rows.Dispose();
        hits.Dispose();
        start.Dispose();
        limits.Dispose();
        firstLimits.Dispose();
    }

    protected override void PackRows() => rows.PackLeft(Candidates.A, FirstRow, RowCount, Candidates.Sign);

    protected override void TakeColumns(int block)
    {
        panels = columns[block];
        if (tested > 0)
        {
            deviations = Math.Clamp(deviations + (continued > tested * Continuing ? 0.05 : -0.05), 0.5, 10);
            (tested, continued) = (0, 0);
        }
    }

    // The threshold is looked at once for the column: a limit that is too low finds no less.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Column(int column, int end)
    {
        var threshold = Candidates.Threshold;
        var panel = (column - FirstColumn) / kernel.Columns;
        var step = rows.Steps;
        for (int from = 0, to; from < PanelCount; from = to)
        {
            to = Math.Min(from + PanelsAtOnce, PanelCount);
            step = Step(panel, (from + to) / 2, threshold, step);
            var (tiles, late) = (Tiles(panel, step, from, to, threshold), hits.Late);
            for (var row = from; (row = kernel.Run(tiles, row, to, hits)) < to; row++)
            {
                Offer(row * kernel.Rows, panel * kernel.Columns, end - FirstColumn);
            }

            if (step < rows.Steps)
            {
                tested += to - from;
                continued += hits.Late - late;
            }
        }
    }

    // The fewest steps whose limit is so many deviations of products of isotropic rows out: in most pairs their products, and the most that the others can add, stay below the threshold.
    private int Step(int panel, int leftPanel, double threshold, int near)
    {
        PanelBound left = rows.Bounds[leftPanel], right = panels!.Bounds[panel];
        var room = threshold - (left.Error * right.Norm) - (left.Length * right.Error);
        var step = near;
        while (step > 1 && Rules(step - 1))
        {
            step--;
        }

        while (step < rows.Steps && !Rules(step))
        {
            step++;
        }

        return step;

        bool Rules(int steps)
        {
            double tail = rows.Bounds.Tails(steps)[leftPanel], rightTail = panels.Bounds.Tails(steps)[panel];
            var spread = Math.Sqrt(((left.Norm * left.Norm) - (tail * tail)) * ((right.Norm * right.Norm) - (rightTail * rightTail)) / (steps * rows.DimensionsInStep));
            return room - (tail * rightTail) >= deviations * spread;
        }
    }

    private ScreenColumn Tiles(int panel, int step, int from, int end, double threshold)
    {
        var least = rows.Bounds.Limits(panels!.Bounds[panel], threshold, relative, step, panels.Bounds.Tails(step)[panel], from, end, limits.Pointer, firstLimits.Pointer);
        panels.Spares.Take(panel, step, least, panels.Start(panel, step), start.Pointer);
        if (from == 0)
        {
            FetchStart(panel + 1, step);
        }

        return new ScreenColumn(
            (int*)rows.Panel(0),
            panels.Panel(panel),
            Math.Min(step * rows.GroupsInStep, rows.Groups),
            rows.Groups,
            start.Pointer,
            panels.Start(panel, rows.Steps),
            firstLimits.Pointer,
            limits.Pointer);
    }

    // What the next column of tiles starts from, so that it does not wait.
    private void FetchStart(int panel, int step)
    {
        var start = (byte*)panels!.Start(panel, step);
        var spare = (byte*)panels.Spares.Of(panel, step);
        for (var line = 0; line < kernel.Columns * sizeof(float); line += CacheLine.Bytes)
        {
            CacheLine.FetchNear(spare + line);
            CacheLine.FetchNear(start + (line / 2));
        }
    }

    private void Offer(int row, int column, int columnCount)
    {
        for (var hit = 0; hit < hits.Count; hit++)
        {
            var (i, j) = Math.DivRem(hits.Places[hit], kernel.Columns);
            if (row + i < RowCount && column + j < columnCount)
            {
                Candidates.Offer(rows.Place(row + i), panels!.Place(column + j));
            }
        }
    }

    // Panels spread evenly over a block, its first among them.
    private static IEnumerable<int> Sample(int length, int width, int count)
    {
        var panels = ((length - 1) / width) + 1;
        return Enumerable.Range(0, Math.Min(count, panels)).Select(i => (int)((long)i * panels / count));
    }
}
