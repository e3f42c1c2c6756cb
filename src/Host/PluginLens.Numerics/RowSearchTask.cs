using System.Runtime.CompilerServices;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics;

/// <summary>One rectangle of a row search: some rows of X against a range of columns.</summary>
internal sealed unsafe class RowSearchTask
{
    private const int CacheFloats = 112 * 1024;
    private readonly RowMajor rows;
    private readonly int first;
    private readonly int count;
    private readonly int down;
    private readonly RowSearchColumns columns;
    private readonly int from;
    private readonly int until;
    private readonly int k;
    private readonly RowOrder order;
    private readonly TileKernel kernel;
    private readonly int depth;
    private readonly double relative;
    private readonly double underflow;
    private readonly double unit;
    private readonly RowCandidates[] lists;
    private readonly double[] norms;
    private double largestNorm;

    public RowSearchTask(RowMajor rows, double[] squares, int first, int count, double largestX, RowSearchColumns columns, int from, int until, int k, RowOrder order, TileKernel kernel)
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
        lists = new RowCandidates[count];
        norms = new double[count];
        for (var i = 0; i < count; i++)
        {
            lists[i] = new RowCandidates(k, kernel.Columns, until - from);
            norms[i] = Math.Sqrt(squares[first + i]) * (1 + 1e-9);
        }
    }

    /// <summary>Searches.</summary>
    /// <param name="cancellation">Watched.</param>
    public RowTopK Run(CancellationToken cancellation)
    {
        var panelFloats = (long)kernel.Columns * depth;
        var panelsAtOnce = (int)Math.Clamp(CacheFloats / Math.Max(1, panelFloats), 1, 64);
        using var packedX = PackX();
        using var packed = new NativeBuffer<float>(panelFloats * panelsAtOnce);
        using var starts = new NativeBuffer<float>((long)kernel.Columns * panelsAtOnce);
        using var scratch = new NativeBuffer<float>((kernel.Rows * kernel.Columns) + kernel.Rows + kernel.Columns);
        var bounds = new (double Norm, double Bias)[panelsAtOnce];
        for (var column = from; column < until; column += panelsAtOnce * kernel.Columns)
        {
            var end = Math.Min(until, column + (panelsAtOnce * kernel.Columns));
            var panels = ((end - column - 1) / kernel.Columns) + 1;
            for (var panel = 0; panel < panels; panel++)
            {
                var start = column + (panel * kernel.Columns);
                bounds[panel] = PackColumns(start, Math.Min(kernel.Columns, end - start), packed.Pointer + (panel * panelFloats), starts.Pointer + (panel * kernel.Columns));
                largestNorm = Math.Max(largestNorm, bounds[panel].Norm);
            }

            for (var row = 0; row < count; row += kernel.Rows)
            {
                cancellation.ThrowIfCancellationRequested();
                for (var panel = 0; panel < panels; panel++)
                {
                    Tile(packedX.Pointer + ((long)row * depth), row, packed.Pointer + (panel * panelFloats), starts.Pointer + (panel * kernel.Columns), column + (panel * kernel.Columns), end, bounds[panel], scratch.Pointer);
                }
            }
        }

        return Exact(cancellation);
    }

    private void Tile(float* x, int row, float* panel, float* start, int column, int end, (double Norm, double Bias) bound, float* scratch)
    {
        var cuts = scratch + (kernel.Rows * kernel.Columns);
        var hits = (int*)(cuts + kernel.Rows);
        var inTile = Math.Min(kernel.Rows, count - row);
        for (var i = 0; i < kernel.Rows; i++)
        {
            cuts[i] = i < inTile ? Cut(lists[row + i].Floor, Error(row + i, bound)) : float.PositiveInfinity;
        }

        if (!kernel.Run(x, panel, depth, start, cuts, order == RowOrder.LargestAbsolute, scratch, kernel.Columns))
        {
            return;
        }

        for (var i = 0; i < inTile; i++)
        {
            Collect(scratch, cuts, hits, row, i, column, end);
        }
    }

    private void Collect(float* tile, float* cuts, int* hits, int row, int i, int column, int end)
    {
        var found = kernel.Hits(tile, cuts, i, order == RowOrder.LargestAbsolute, hits);
        if (found == 0)
        {
            return;
        }

        var list = lists[row + i];
        if (list.Full)
        {
            Prune(row + i);
        }

        for (var hit = 0; hit < found; hit++)
        {
            var place = column + hits[hit];
            if (place < end)
            {
                var value = tile[(i * kernel.Columns) + hits[hit]];
                list.Add(order == RowOrder.LargestAbsolute ? MathF.Abs(value) : value, columns.Id(place));
            }
        }
    }

    private void Prune(int row) => lists[row].Prune(
        Error(row, (largestNorm, columns.LargestBias)),
        id => RowCandidates.Key(columns.Score(rows.Row(first + row), id), order) * unit);

    // Columns arrive in ascending order: where float32 makes no error, an equal value comes too late.
    private static float Cut(float floor, double error) =>
        float.IsNegativeInfinity(floor) ? floor :
        error == 0 ? MathF.BitIncrement(floor) : ErrorBound.Down(floor - error);

    private double Error(int row, (double Norm, double Bias) bound)
    {
        var product = norms[row] * bound.Norm;
        return product == 0 && unit == 1 ? 0 : (relative * (product + bound.Bias) * unit) + underflow;
    }

    private NativeBuffer<float> PackX()
    {
        var sign = order == RowOrder.Smallest ? -1 : 1;
        var panels = ((count - 1) / kernel.Rows) + 1;
        var packed = new NativeBuffer<float>((long)panels * kernel.Rows * depth);
        for (var row = 0; row < count; row += kernel.Rows)
        {
            PanelPacking.Rows(rows, null, first + row, Math.Min(kernel.Rows, count - row), kernel.Rows, (float)(sign * Math.ScaleB(1, -down)), packed.Pointer + ((long)row * depth));
        }

        return packed;
    }

    private (double Norm, double Bias) PackColumns(int start, int inPanel, float* panel, float* starts)
    {
        double norm = 0, bias = 0;
        var sign = order == RowOrder.Smallest ? -unit : unit;
        for (var i = 0; i < kernel.Columns; i++)
        {
            if (i >= inPanel)
            {
                starts[i] = 0;
                PanelPacking.Clear(depth, kernel.Columns, panel + i);
                continue;
            }

            PanelPacking.Column(columns.Data.Row(columns.Id(start + i)), depth, kernel.Columns, (float)(columns.Scale(start + i) * Math.ScaleB(1, -columns.Down)), panel + i);
            starts[i] = (float)(columns.Bias(start + i) * sign);
            norm = Math.Max(norm, columns.Norm(start + i));
            bias = Math.Max(bias, Math.Abs(columns.Bias(start + i)));
        }

        return (norm * (1 + 1e-9), bias);
    }

    private RowTopK Exact(CancellationToken cancellation)
    {
        var result = new RowTopK(count, k, new int[count * k], new double[count * k]);
        for (var row = 0; row < count; row++)
        {
            cancellation.ThrowIfCancellationRequested();
            Prune(row);
            var ids = lists[row].Ids.ToArray();
            var all = new (double Key, int Id, double Score)[ids.Length];
            for (var i = 0; i < ids.Length; i++)
            {
                var score = columns.Score(rows.Row(first + row), ids[i]);
                all[i] = (RowCandidates.Key(score, order), ids[i], score);
            }

            Array.Sort(all, (p, q) => p.Key != q.Key ? q.Key.CompareTo(p.Key) : p.Id.CompareTo(q.Id));
            for (var i = 0; i < k; i++)
            {
                result.Ids[(row * k) + i] = all[i].Id;
                result.Scores[(row * k) + i] = all[i].Score;
            }
        }

        return result;
    }
}
