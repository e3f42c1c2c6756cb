using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>Candidates by the float32 kernel: everything within its error bound of the k-th score.</summary>
internal sealed unsafe class FloatTiles : PairTiles
{
    private readonly TileKernel<float> kernel;
    private readonly PackedBlocks<NativeBuffer<float>> columns;
    private readonly NativeBuffer<float> rows;
    private readonly NativeBuffer<float> scratch;
    private readonly int depth;
    private readonly int downA;
    private readonly int downB;
    private readonly double relative;
    private readonly double underflow;
    private float* panels;
    private double margin;
    private double known;

    /// <summary>Room for a block of rows.</summary>
    /// <param name="candidates">Receives them.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="rowsInBlock">Rows of a block.</param>
    /// <param name="columns">Made by <see cref="PackColumns"/>.</param>
    public FloatTiles(PairCandidates candidates, TileKernel<float> kernel, int rowsInBlock, PackedBlocks<NativeBuffer<float>> columns)
        : base(candidates, kernel.Columns)
    {
        this.kernel = kernel;
        this.columns = columns;
        double normA = candidates.A.Norms[0], normB = candidates.B.Norms[0];
        depth = candidates.A.Data.Columns;
        downA = ErrorBound.DownExponent(normA);
        downB = ErrorBound.DownExponent(normB);
        relative = ErrorBound.Relative(depth);
        underflow = ErrorBound.Underflow(depth, Math.ScaleB(normA, -downA), Math.ScaleB(normB, -downB));
        rows = new NativeBuffer<float>((long)rowsInBlock * depth);
        scratch = new NativeBuffer<float>((kernel.Rows * kernel.Columns) + kernel.Columns + kernel.Rows + kernel.Columns);
        scratch.Clear();
    }

    private double Scale => Math.ScaleB(1, -downA - downB);

    /// <summary>Packs a block of columns for all threads.</summary>
    /// <param name="side">The right factor.</param>
    /// <param name="first">First place.</param>
    /// <param name="count">Columns.</param>
    /// <param name="width">Columns of a panel.</param>
    public static NativeBuffer<float> PackColumns(PairSide side, int first, int count, int width)
    {
        var buffer = new NativeBuffer<float>((((count - 1) / width) + 1L) * width * side.Data.Columns);
        Pack(side, first, count, width, (float)Math.ScaleB(1, -ErrorBound.DownExponent(side.Norms[0])), buffer.Pointer);
        return buffer;
    }

    public override void Dispose()
    {
        rows.Dispose();
        scratch.Dispose();
    }

    protected override void PackRows() =>
        Pack(Candidates.A, FirstRow, RowCount, kernel.Rows, (float)(Candidates.Sign * Math.ScaleB(1, -downA)), rows.Pointer);

    // The cut is that of the largest norms of the block: one number until the threshold rises.
    protected override void TakeColumns(int block)
    {
        panels = columns[block].Pointer;
        margin = (relative * Candidates.A.Norms[FirstRow] * Candidates.B.Norms[FirstColumn] * Scale) + underflow;
        known = double.NaN;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Column(int column, int end)
    {
        var tile = scratch.Pointer;
        var zeros = tile + (kernel.Rows * kernel.Columns);
        var cuts = zeros + kernel.Columns;
        var panelA = rows.Pointer;
        var panelB = panels + ((nint)(column - FirstColumn) * depth);
        var norms = Candidates.A.Norms;
        var norm = Candidates.B.Norms[column];
        for (var row = FirstRow; row < FirstRow + RowCount; row += kernel.Rows, panelA += (nint)kernel.Rows * depth)
        {
            var threshold = Candidates.Threshold;
            if (norms[row] * norm < threshold)
            {
                return;
            }

            if (threshold != known)
            {
                known = threshold;
                new Span<float>(cuts, kernel.Rows).Fill(ErrorBound.Down((threshold * Scale) - margin));
            }

            if (kernel.Run(panelA, panelB, depth, panelA + ((nint)kernel.Rows * depth), zeros, cuts, false, tile, kernel.Columns) != 0)
            {
                Collect(tile, cuts, row, column, end);
            }
        }
    }

    private void Collect(float* tile, float* cuts, int row, int column, int end)
    {
        var hits = (int*)(cuts + kernel.Rows);
        var height = Math.Min(kernel.Rows, FirstRow + RowCount - row);
        for (var i = 0; i < height; i++)
        {
            var count = kernel.Hits(tile, cuts, i, false, hits);
            for (var hit = 0; hit < count; hit++)
            {
                if (column + hits[hit] < end)
                {
                    Candidates.Offer(row + i, column + hits[hit]);
                }
            }
        }
    }

    private static void Pack(PairSide side, int first, int count, int width, float scale, float* panels)
    {
        for (var i = 0; i < count; i += width, panels += (nint)width * side.Data.Columns)
        {
            PanelPacking.Chosen(side.Data, side.Rows.AsSpan(first + i, Math.Min(width, count - i)), width, scale, panels);
        }
    }
}
