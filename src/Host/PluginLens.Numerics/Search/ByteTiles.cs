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

    private const int SampleRows = 4;
    private const int SampleColumns = 2;
    private readonly ScreenKernel kernel;
    private readonly PackedBlocks<BytePanels> columns;
    private readonly BytePanels rows;
    private readonly NativeBuffer<short> tile;
    private readonly NativeBuffer<int> hits;
    private readonly double[] limits;
    private readonly double[] firstLimits;
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
        rows = new BytePanels(rowsInBlock, kernel.Rows, depth, left: true);
        tile = new NativeBuffer<short>(kernel.Rows * kernel.Columns);
        hits = new NativeBuffer<int>(kernel.Columns);
        (limits, firstLimits) = (new double[rows.Bounds.Norms.Length], new double[rows.Bounds.Norms.Length]);
    }

    private int PanelCount => ((RowCount - 1) / kernel.Rows) + 1;

    /// <summary>Packs a block of columns for all threads.</summary>
    /// <param name="side">The right factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Columns.</param>
    /// <param name="kernel">Whose panels they are to be.</param>
    public static BytePanels PackColumns(PairSide side, int first, int count, ScreenKernel kernel)
    {
        var panels = new BytePanels(count, kernel.Columns, side.Data.Columns, left: false);
        panels.PackRight(side, first, count, kernel);
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
            Limit(column, rows.Steps, threshold);
            var start = panels!.Start(column, rows.Steps);
            foreach (var row in Sample(RowCount, kernel.Rows, SampleRows))
            {
                pairs += kernel.Rows * kernel.Columns;
                if (kernel.Run((int*)rows.Panel(row), panels.Panel(column), (rows.Groups, rows.Groups), start, start, (0, (short)limits[row]), tile.Pointer) == ScreenOutcome.Written)
                {
                    for (var i = 0; i < kernel.Rows; i++)
                    {
                        found += kernel.Hits(tile.Pointer + (i * kernel.Columns), (short)limits[row], hits.Pointer);
                    }
                }
            }
        }

        return found * PairsForOneCandidate <= pairs;
    }

    public override void Dispose()
    {
        rows.Dispose();
        tile.Dispose();
        hits.Dispose();
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
        var (height, groups, length) = (kernel.Rows, rows.Groups, kernel.Rows * rows.Groups);
        var step = Step(panel, threshold);
        var first = Math.Min(step * rows.GroupsInStep, groups);
        Limit(panel, step, threshold);
        short* right = panels!.Panel(panel), start = panels.Start(panel, step), whole = panels.Start(panel, rows.Steps);
        var left = (int*)rows.Panel(0);
        var norms = rows.Bounds.Norms;
        var norm = panels.Bounds.Norms[panel];
        var (early, late) = (0, 0);
        for (var i = 0; i < PanelCount; i++, left += length)
        {
            if (norms[i] * norm < threshold)
            {
                continue;
            }

            var outcome = kernel.Run(left, right, (first, groups), start, whole, ((short)firstLimits[i], (short)limits[i]), tile.Pointer);
            if (outcome == ScreenOutcome.Early)
            {
                early++;
                continue;
            }

            late++;
            if (outcome == ScreenOutcome.Written)
            {
                Collect(i * height, panel * kernel.Columns, end - FirstColumn, (short)limits[i]);
            }
        }

        if (first < groups)
        {
            tested += early + late;
            continued += late;
        }
    }

    // The fewest steps whose limit is so many deviations of products of isotropic rows out: in most pairs their products, and the most that the others can add, stay below the threshold.
    private int Step(int panel, double threshold)
    {
        var middle = PanelCount / 2;
        PanelBound left = rows.Bounds[middle], right = panels!.Bounds[panel];
        var room = threshold - (left.Error * right.Norm) - (left.Length * right.Error);
        for (var step = 1; step < rows.Steps; step++)
        {
            double tail = rows.Bounds.Tails(step)[middle], rightTail = panels.Bounds.Tails(step)[panel];
            var spread = Math.Sqrt(((left.Norm * left.Norm) - (tail * tail)) * ((right.Norm * right.Norm) - (rightTail * rightTail)) / (step * rows.GroupsInStep * ScreenKernel.Group));
            if (room - (tail * rightTail) >= deviations * spread)
            {
                return step;
            }
        }

        return rows.Steps;
    }

    private void Limit(int panel, int step, double threshold) => rows.Bounds.Limits(
        panels!.Bounds[panel], threshold, relative, step, panels.Bounds.Tails(step)[panel], limits, firstLimits);

    private void Collect(int row, int column, int columnCount, short limit)
    {
        var height = Math.Min(kernel.Rows, RowCount - row);
        for (var i = 0; i < height; i++)
        {
            var count = kernel.Hits(tile.Pointer + (i * kernel.Columns), limit, hits.Pointer);
            for (var hit = 0; hit < count; hit++)
            {
                if (column + hits.Pointer[hit] < columnCount)
                {
                    Candidates.Offer(rows.Place(row + i), panels!.Place(column + hits.Pointer[hit]));
                }
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
