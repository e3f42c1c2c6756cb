using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Products;

/// <summary>
/// A·Bᵀ in float64. The depth is cut into blocks in a fixed order and a tile belongs to one thread at a time, so the sums do
/// not depend on the number of threads.
/// </summary>
internal static unsafe class DoubleProduct
{
    private const int Depth = 1024;
    private const int RowPanels = 4;

    /// <summary>Multiplies.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>m x r</c>.</param>
    /// <param name="result">Receives <c>n x m</c>, row-major; must be zero.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public static void Run(DoubleSource a, DoubleSource b, double* result, TileKernel<double> kernel, int threads, CancellationToken cancellation)
    {
        if (a.Rows == 0 || b.Rows == 0)
        {
            return;
        }

        var columnPanels = ((b.Rows - 1) / kernel.Columns) + 1;
        var items = ((a.Rows - 1) / (kernel.Rows * RowPanels)) + 1;
        using var packed = new NativeBuffer<double>((long)columnPanels * kernel.Columns * Math.Min(Depth, a.Depth));
        for (var from = 0; from < a.Depth; from += Depth)
        {
            var start = from;
            var depth = Math.Min(Depth, a.Depth - from);
            Workers.ForEach(threads, columnPanels, cancellation, panel =>
                b.Pack(panel * kernel.Columns, kernel.Columns, start, depth, packed.Pointer + ((long)panel * kernel.Columns * depth)));
            Workers.ForEach(threads, items, cancellation, item =>
                Rows(a, item * kernel.Rows * RowPanels, start, depth, packed.Pointer, b.Rows, result, kernel));
        }
    }

    private static void Rows(DoubleSource a, int first, int from, int depth, double* packedB, int columns, double* result, TileKernel<double> kernel)
    {
        using var packedA = new NativeBuffer<double>((long)kernel.Rows * RowPanels * depth);
        var end = Math.Min(a.Rows, first + (kernel.Rows * RowPanels));
        for (var row = first; row < end; row += kernel.Rows)
        {
            a.Pack(row, kernel.Rows, from, depth, packedA.Pointer + ((long)(row - first) * depth));
        }

        var edge = stackalloc double[kernel.Rows * kernel.Columns];
        for (var column = 0; column < columns; column += kernel.Columns, packedB += (long)kernel.Columns * depth)
        {
            // Each tile fetches a part of the next panel of B.
            var next = packedB + ((long)kernel.Columns * depth);
            for (var row = first; row < end; row += kernel.Rows, next += (long)TileKernel<double>.Line * depth)
            {
                var panel = packedA.Pointer + ((long)(row - first) * depth);
                var tile = result + ((long)row * columns) + column;
                int height = Math.Min(kernel.Rows, end - row), width = Math.Min(kernel.Columns, columns - column);
                if (height == kernel.Rows && width == kernel.Columns)
                {
                    kernel.Add(panel, packedB, depth, next, tile, columns);
                    continue;
                }

                Copy(tile, columns, edge, kernel.Columns, height, width);
                kernel.Add(panel, packedB, depth, next, edge, kernel.Columns);
                Copy(edge, kernel.Columns, tile, columns, height, width);
            }
        }
    }

    private static void Copy(double* source, nint sourceStride, double* target, nint targetStride, int height, int width)
    {
        for (var row = 0; row < height; row++)
        {
            new Span<double>(source + (row * sourceStride), width).CopyTo(new Span<double>(target + (row * targetStride), width));
        }
    }
}
