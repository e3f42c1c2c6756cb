using System.Numerics.Tensors;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Products;

/// <summary>A·B where A has many contiguous rows and B few columns, as the vocabulary and a head's matrix have.</summary>
internal static unsafe class ThinProduct
{
    private const int MostColumns = 256;
    private const int LeastRows = 256;
    private const int TilesAtOnce = 16;

    /// <summary>Whether it is one.</summary>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    public static bool Is(Matrix a, Matrix b) => a.ColumnStride == 1 && a.Rows >= LeastRows && b.Columns <= MostColumns;

    /// <summary>Multiplies.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <param name="target">Receives <c>n x m</c>, row-major.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>Whether all numbers of it are finite.</returns>
    public static bool Run(Matrix a, Matrix b, float* target, RowKernel kernel, int threads, CancellationToken cancellation)
    {
        const int RowsAtOnce = TilesAtOnce * RowKernel.Rows;
        using var pinA = a.Data.Pin();
        using var pinB = b.Data.Pin();
        float* left = (float*)pinA.Pointer, right = (float*)pinB.Pointer;
        var (depth, width) = (a.Columns, kernel.Columns);
        var panels = ((b.Columns - 1) / width) + 1;
        using var packed = new NativeBuffer<float>((long)panels * width * depth);
        for (var panel = 0; panel < panels; panel++)
        {
            var first = right + ((nint)panel * width * b.ColumnStride);
            PanelPacking.Strided(first, b.ColumnStride, b.RowStride, Math.Min(width, b.Columns - (panel * width)), depth, width, 1, packed.Pointer + ((nint)panel * width * depth));
        }

        var finite = true;
        Workers.ForEach(threads, ((a.Rows - 1) / RowsAtOnce) + 1, cancellation, item =>
        {
            var edge = stackalloc float[RowKernel.Rows * kernel.Columns];
            var end = Math.Min(a.Rows, (item + 1) * RowsAtOnce);
            for (var panel = 0; panel < panels; panel++)
            {
                var columns = Math.Min(width, b.Columns - (panel * width));
                for (var row = item * RowsAtOnce; row < end; row += RowKernel.Rows)
                {
                    var destination = target + ((nint)row * b.Columns) + (panel * width);
                    var rows = Math.Min(RowKernel.Rows, end - row);
                    var whole = rows == RowKernel.Rows && columns == width;

                    // A last tile of fewer rows begins earlier, with rows that are there already.
                    var start = row - (RowKernel.Rows - rows);
                    kernel.Run(left + ((nint)start * a.RowStride), a.RowStride, depth, packed.Pointer + ((nint)panel * width * depth), whole ? destination : edge, whole ? b.Columns : width);
                    for (var i = 0; i < rows && !whole; i++)
                    {
                        new Span<float>(edge + ((RowKernel.Rows - rows + i) * width), columns).CopyTo(new Span<float>(destination + ((nint)i * b.Columns), columns));
                    }
                }
            }

            // While it is in the cache.
            var first = (nint)item * RowsAtOnce;
            if (!float.IsFinite(TensorPrimitives.MaxMagnitude(new ReadOnlySpan<float>(target + (first * b.Columns), (int)(end - first) * b.Columns))))
            {
                Volatile.Write(ref finite, false);
            }
        });
        return finite;
    }
}
