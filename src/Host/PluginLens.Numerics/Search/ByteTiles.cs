using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>Candidates by the integer screen: everything that its bound cannot rule out, a few more than <see cref="FloatTiles"/> finds.</summary>
internal sealed unsafe class ByteTiles : PairTiles
{
    /// <summary>Above one candidate in so many pairs, scoring them takes longer than float32 products.</summary>
    private const int PairsForOneCandidate = 64;

    private const int SampleRows = 4;
    private const int SampleColumns = 2;
    private readonly ScreenKernel kernel;
    private readonly PackedBlocks<BytePanels> columns;
    private readonly BytePanels rows;
    private readonly NativeBuffer<int> tile;
    private readonly double relative;
    private BytePanels? panels;

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
        rows = new BytePanels(rowsInBlock, kernel.Rows, depth);
        tile = new NativeBuffer<int>((kernel.Rows * kernel.Columns) + kernel.Columns);
    }

    /// <summary>Packs a block of columns for all threads.</summary>
    /// <param name="side">The right factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Columns.</param>
    /// <param name="kernel">Whose panels they are to be.</param>
    public static BytePanels PackColumns(PairSide side, int first, int count, ScreenKernel kernel)
    {
        var panels = new BytePanels(count, kernel.Columns, side.Data.Columns);
        panels.PackRight(side, first, count, kernel);
        return panels;
    }

    /// <summary>Looks at a few tiles of a block of columns: whether few enough pairs would be candidates.</summary>
    /// <param name="block">Number of the block of columns.</param>
    /// <param name="first">Its first place.</param>
    /// <param name="end">The place after its last.</param>
    public bool Pays(int block, int first, int end)
    {
        var threshold = Candidates.Threshold;
        if (double.IsNegativeInfinity(threshold))
        {
            return false;
        }

        Meet(block, first);
        long hits = 0, pairs = 0;
        foreach (var column in Sample(end - first, kernel.Columns, SampleColumns))
        {
            foreach (var row in Sample(RowCount, kernel.Rows, SampleRows))
            {
                pairs += kernel.Rows * kernel.Columns;
                var limit = PanelBound.Limit(rows.Bound(row), panels!.Bound(column), threshold, relative);
                if (kernel.Run(rows.Panel(row), panels.Panel(column), rows.Groups, panels.Start(column), limit, tile.Pointer))
                {
                    for (var i = 0; i < kernel.Rows; i++)
                    {
                        hits += kernel.Hits(tile.Pointer, i, limit, tile.Pointer + (kernel.Rows * kernel.Columns));
                    }
                }
            }
        }

        return hits * PairsForOneCandidate <= pairs;
    }

    public override void Dispose()
    {
        rows.Dispose();
        tile.Dispose();
    }

    protected override void PackRows() => rows.PackLeft(Candidates.A, FirstRow, RowCount, Candidates.Sign);

    protected override void TakeColumns(int block) => panels = columns[block];

    // The threshold is looked at once for the column: a limit that is too low finds no less.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Column(int column, int end)
    {
        var threshold = Candidates.Threshold;
        var norms = Candidates.A.Norms;
        var norm = Candidates.B.Norms[column];
        var panel = (column - FirstColumn) / kernel.Columns;
        int* right = panels!.Panel(panel), start = panels.Start(panel);
        ref readonly var bound = ref panels.Bound(panel);
        var left = rows.Panel(0);
        var (groups, panelLength) = (rows.Groups, kernel.Rows * rows.Groups);
        for (int row = FirstRow, i = 0; row < FirstRow + RowCount && norms[row] * norm >= threshold; row += kernel.Rows, i++, left += panelLength)
        {
            var limit = PanelBound.Limit(rows.Bound(i), bound, threshold, relative);
            if (kernel.Run(left, right, groups, start, limit, tile.Pointer))
            {
                Collect(row, column, end, limit);
            }
        }
    }

    private void Collect(int row, int column, int end, int limit)
    {
        var hits = tile.Pointer + (kernel.Rows * kernel.Columns);
        var height = Math.Min(kernel.Rows, FirstRow + RowCount - row);
        for (var i = 0; i < height; i++)
        {
            var count = kernel.Hits(tile.Pointer, i, limit, hits);
            for (var hit = 0; hit < count; hit++)
            {
                if (column + hits[hit] < end)
                {
                    Candidates.Offer(row + i, column + hits[hit]);
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
