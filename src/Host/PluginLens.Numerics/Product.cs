using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics;

/// <summary>A·B. The smaller factor is packed once, the other in pieces; each entry is one sum over the depth in order.</summary>
internal sealed unsafe class Product
{
    /// <summary>Multiplies.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns><c>n x m</c>, row-major.</returns>
    public static Matrix Of(Matrix a, Matrix b, TileKernel kernel, int threads, CancellationToken cancellation)
    {
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"Expected as many columns on the left as rows on the right, found {a.Rows} x {a.Columns} times {b.Rows} x {b.Columns}.");
        }

        var result = new Matrix(new float[checked(a.Rows * b.Columns)], a.Rows, b.Columns);
        if (a.Rows == 0 || b.Columns == 0)
        {
            return result;
        }

        using var left = new RowMajor(a);
        using var right = new RowMajor(b.Transpose());
        var largest = Math.Sqrt(RowNorms.Squared(left, "A", threads).Max()) * Math.Sqrt(RowNorms.Squared(right, "B (transposed)", threads).Max());
        using var pin = result.Data.Pin();
        var target = (float*)pin.Pointer;
        using var panels = new NativeBuffer<float>(PanelFloats(right, kernel.Columns));
        var columnPanels = ((right.Rows - 1) / kernel.Columns) + 1;
        Workers.ForEach(threads, columnPanels, cancellation, panel => Pack(right, panel, kernel.Columns, panels.Pointer + ((long)panel * kernel.Columns * right.Columns)));
        var rowPanels = ((left.Rows - 1) / kernel.Rows) + 1;
        const int RowPanelsAtOnce = 8;
        Workers.ForEach(threads, ((rowPanels - 1) / RowPanelsAtOnce) + 1, cancellation, item =>
        {
            using var panelA = new NativeBuffer<float>((long)kernel.Rows * left.Columns * RowPanelsAtOnce);
            using var tile = new NativeBuffer<float>(kernel.Rows * kernel.Columns);
            using var zeros = new NativeBuffer<float>(kernel.Columns);
            zeros.Clear();
            var first = item * RowPanelsAtOnce;
            var last = Math.Min(rowPanels, first + RowPanelsAtOnce);
            for (var panel = first; panel < last; panel++)
            {
                Pack(left, panel, kernel.Rows, panelA.Pointer + ((long)(panel - first) * kernel.Rows * left.Columns));
            }

            for (var j = 0; j < columnPanels; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                var panelB = panels.Pointer + ((long)j * kernel.Columns * right.Columns);
                for (var panel = first; panel < last; panel++)
                {
                    int row = panel * kernel.Rows, column = j * kernel.Columns;
                    int rows = Math.Min(kernel.Rows, left.Rows - row), columns = Math.Min(kernel.Columns, right.Rows - column);
                    var destination = target + ((long)row * right.Rows) + column;
                    var source = panelA.Pointer + ((long)(panel - first) * kernel.Rows * left.Columns);
                    if (rows == kernel.Rows && columns == kernel.Columns)
                    {
                        kernel.Run(source, panelB, left.Columns, source + (kernel.Rows * left.Columns), zeros.Pointer, null, false, destination, right.Rows);
                        continue;
                    }

                    kernel.Run(source, panelB, left.Columns, source + (kernel.Rows * left.Columns), zeros.Pointer, null, false, tile.Pointer, kernel.Columns);
                    for (var i = 0; i < rows; i++)
                    {
                        new Span<float>(tile.Pointer + (i * kernel.Columns), columns).CopyTo(new Span<float>(destination + ((long)i * right.Rows), columns));
                    }
                }
            }
        });
        if (largest > float.MaxValue / 2)
        {
            RefuseOverflow(result);
        }

        return result;
    }

    private static long PanelFloats(RowMajor rows, int width) => (((rows.Rows - 1L) / width) + 1) * width * rows.Columns;

    private static void Pack(RowMajor rows, int panel, int width, float* target) =>
        PanelPacking.Rows(rows, null, panel * width, Math.Min(width, rows.Rows - (panel * width)), width, 1, target);

    private static void RefuseOverflow(Matrix result)
    {
        for (var i = 0; i < result.Rows; i++)
        {
            foreach (var value in result.Row(i))
            {
                if (!float.IsFinite(value))
                {
                    throw new ArgumentException($"The product is too large for float32 in row {i}. Scale the factors down.");
                }
            }
        }
    }
}
