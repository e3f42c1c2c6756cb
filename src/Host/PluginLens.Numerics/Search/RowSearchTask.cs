using System.Numerics;
using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// One rectangle of a row search: some rows of X against a range of columns. Columns are packed in superblocks; a block of rows
/// stays in the second-level cache while a superblock passes by.
/// </summary>
internal sealed unsafe class RowSearchTask : IDisposable
{
    private const int BlockFloats = 128 * 1024;
    private const int SuperblockFloats = 448 * 1024;
    private const float Slack = 1 + (1f / (1 << 20));
    private readonly RowMajor rows;
    private readonly int first;
    private readonly int count;
    private readonly RowSearchColumns columns;
    private readonly int from;
    private readonly int until;
    private readonly int k;
    private readonly RowOrder order;
    private readonly TileKernel<float> kernel;
    private readonly int depth;
    private readonly int down;
    private readonly double relative;
    private readonly double underflow;
    private readonly double unit;
    private readonly RowCandidates lists;
    private readonly float[] norms;
    private double largestNorm;

    public RowSearchTask(RowMajor rows, double[] squares, int first, int count, double largestX, RowSearchColumns columns, int from, int until, int k, RowOrder order, TileKernel<float> kernel)
    {
        this.rows = rows;
        this.first = first;
        this.count = count;
        this.columns = columns;
        this.from = from;
        this.until = until;
        this.k = k;
        this.order = order;
        this.kernel = kernel;
        down = Math.Max(ErrorBound.DownExponent(largestX), ErrorBound.DownExponent(columns.LargestBias) - columns.Down);
        depth = rows.Columns;
        relative = ErrorBound.Relative(depth + 2);
        unit = Math.ScaleB(1, -down - columns.Down);
        underflow = ErrorBound.Underflow(depth, Math.ScaleB(largestX, -down), Math.ScaleB(columns.LargestNorm, -columns.Down));
        lists = new RowCandidates(count, k, kernel.Columns, until - from);
        norms = new float[count];
        for (var i = 0; i < count; i++)
        {
            norms[i] = squares[first + i] == 0 ? 0 : MathF.BitIncrement((float)Math.ScaleB(Math.Sqrt(squares[first + i]), -down));
        }
    }

    /// <summary>Searches.</summary>
    /// <param name="cancellation">Watched.</param>
    public RowTopK Run(CancellationToken cancellation)
    {
        var panelFloats = (long)kernel.Columns * depth;
        var panelsAtOnce = (int)Math.Clamp(SuperblockFloats / Math.Max(1, panelFloats), 1, 128);
        var rowsAtOnce = kernel.Rows * Math.Clamp(BlockFloats / (kernel.Rows * Math.Max(1, depth)), 4, 64);
        using var packedX = PackX();
        using var packed = new NativeBuffer<float>(panelFloats * panelsAtOnce);
        using var starts = new NativeBuffer<float>((long)kernel.Columns * panelsAtOnce);
        using var scratch = new NativeBuffer<float>((kernel.Rows * kernel.Columns) + kernel.Rows + kernel.Columns);
        var bounds = new Bound[panelsAtOnce];
        for (var column = from; column < until; column += panelsAtOnce * kernel.Columns)
        {
            var end = Math.Min(until, column + (panelsAtOnce * kernel.Columns));
            var panels = ((end - column - 1) / kernel.Columns) + 1;
            for (var panel = 0; panel < panels; panel++)
            {
                cancellation.ThrowIfCancellationRequested();
                var start = column + (panel * kernel.Columns);
                bounds[panel] = PackColumns(start, Math.Min(kernel.Columns, end - start), packed.Pointer + (panel * panelFloats), starts.Pointer + (panel * kernel.Columns));
            }

            for (var row = 0; row < count; row += rowsAtOnce)
            {
                for (var panel = 0; panel < panels; panel++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Strip(packedX.Pointer, row, Math.Min(count, row + rowsAtOnce), packed.Pointer + (panel * panelFloats), packed.Pointer + ((panel + 1) % panels * panelFloats), starts.Pointer + (panel * kernel.Columns), column + (panel * kernel.Columns), end, bounds[panel], scratch.Pointer);
                }
            }
        }

        for (var row = 0; row < count; row++)
        {
            Prune(row);
        }

        return RowScoring.Best(rows, first, count, columns, lists, k, order, cancellation);
    }

    public void Dispose() => lists.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Strip(float* packedX, int row, int rowEnd, float* panel, float* nextPanel, float* start, int column, int end, Bound bound, float* tile)
    {
        int tileRows = kernel.Rows, tileColumns = kernel.Columns;
        var cuts = tile + (tileRows * tileColumns);
        var hits = (int*)(cuts + tileRows);
        var absolute = order == RowOrder.LargestAbsolute;
        for (var tileOfStrip = 0; row < rowEnd; row += tileRows, tileOfStrip++)
        {
            var inTile = Math.Min(tileRows, count - row);
            for (var i = 0; i < tileRows; i++)
            {
                cuts[i] = i < inTile ? Cut(row + i, bound) : float.PositiveInfinity;
            }

            // The panel after this one comes from a farther cache: the first tiles fetch it, the others the rows that follow.
            var left = packedX + ((long)row * depth);
            var next = tileOfStrip * TileKernel<float>.Line < tileColumns ? nextPanel + ((nint)tileOfStrip * TileKernel<float>.Line * depth) : left + ((nint)tileRows * depth);
            for (var reached = kernel.Run(left, panel, depth, next, start, cuts, absolute, tile, tileColumns); reached != 0; reached &= reached - 1)
            {
                var i = BitOperations.TrailingZeroCount(reached);
                var found = kernel.Hits(tile, cuts, i, absolute, hits);
                Collect(row + i, tile + (i * tileColumns), hits, found, column, end);
            }
        }
    }

    private void Collect(int row, float* values, int* hits, int found, int column, int end)
    {
        if (lists.Full(row))
        {
            Prune(row);
        }

        for (var hit = 0; hit < found; hit++)
        {
            var place = column + hits[hit];
            if (place < end)
            {
                var value = values[hits[hit]];
                lists.Add(row, order == RowOrder.LargestAbsolute ? MathF.Abs(value) : value, columns.Id(place));
            }
        }
    }

    private void Prune(int row)
    {
        var product = norms[row] * largestNorm;
        var error = product == 0 && unit == 1 ? 0 : (relative * (product + (columns.LargestBias * unit))) + underflow;
        lists.Prune(row, error, id => RowCandidates.Key(columns.Score(rows.Row(first + row), id, rows.Row(first + row)), order) * unit);
    }

    private float Cut(int row, Bound bound)
    {
        var floor = lists.Floor(row);
        if ((norms[row] == 0 || bound.IsZero) && unit == 1)
        {
            // A product with a zero vector is its bias, without error. Columns arrive in ascending order: an equal value comes too late.
            return float.IsNegativeInfinity(floor) ? floor : MathF.BitIncrement(floor);
        }

        // In float32, rounded so that the cut is surely not too high.
        return floor - (((norms[row] * bound.Norm) + bound.Rest + (MathF.Abs(floor) * (1f / (1 << 21)))) * Slack);
    }

    private NativeBuffer<float> PackX()
    {
        var sign = order == RowOrder.Smallest ? -1 : 1;
        var panels = ((count - 1) / kernel.Rows) + 1;
        var packed = new NativeBuffer<float>((long)panels * kernel.Rows * depth);
        for (var row = 0; row < count; row += kernel.Rows)
        {
            PanelPacking.Strided(rows.Row(first + row), rows.Stride, 1, Math.Min(kernel.Rows, count - row), depth, kernel.Rows, (float)(sign * Math.ScaleB(1, -down)), packed.Pointer + ((long)row * depth));
        }

        return packed;
    }

    private Bound PackColumns(int start, int inPanel, float* panel, float* starts)
    {
        double norm = 0, bias = 0;
        var sign = order == RowOrder.Smallest ? -unit : unit;
        var scale = (float)Math.ScaleB(1, -columns.Down);
        new Span<float>(starts, kernel.Columns).Clear();
        for (var i = 0; i < inPanel; i++)
        {
            starts[i] = (float)(columns.Bias(start + i) * sign);
            norm = Math.Max(norm, columns.Norm(start + i));
            bias = Math.Max(bias, Math.Abs(columns.Bias(start + i)));
        }

        columns.Pack(start, inPanel, kernel.Columns, scale, panel);
        norm = Math.ScaleB(norm, -columns.Down) * (1 + 1e-6);
        largestNorm = Math.Max(largestNorm, norm);
        return new Bound(norm == 0, (float)(norm * relative * (1 + 1e-6)), (float)(((relative * bias * unit) + underflow) * (1 + 1e-6)));
    }

    /// <summary>Errors of a panel of columns: norm times the relative error, to be multiplied by the row's norm; and the rest.</summary>
    private readonly record struct Bound(bool IsZero, float Norm, float Rest);
}
