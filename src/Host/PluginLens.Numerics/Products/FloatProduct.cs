using System.Numerics.Tensors;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Products;

/// <summary>A·B in float32. Each entry is one sum over the depth in order, whatever the threads.</summary>
internal sealed unsafe class FloatProduct : IDisposable
{
    private const int CacheFloats = 96 * 1024;
    private readonly Matrix a;
    private readonly Matrix b;
    private readonly TileKernel<float> kernel;
    private readonly int depth;
    private readonly NativeBuffer<float> zeros;

    private FloatProduct(Matrix a, Matrix b, TileKernel<float> kernel)
    {
        this.a = a;
        this.b = b;
        this.kernel = kernel;
        depth = a.Columns;
        zeros = new NativeBuffer<float>(kernel.Columns);
        zeros.Clear();
    }

    /// <summary>Multiplies.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <param name="product">Receives <c>n x m</c>, row-major.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="thin">That of products with few columns; null = the same.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public static void Of(Matrix a, Matrix b, Span<float> product, TileKernel<float> kernel, RowKernel? thin, int threads, CancellationToken cancellation)
    {
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"Expected as many columns on the left as rows on the right, found {a.Rows} x {a.Columns} times {b.Rows} x {b.Columns}.");
        }

        if (product.Length != checked(a.Rows * b.Columns))
        {
            throw new ArgumentException($"Expected room for {a.Rows} x {b.Columns} numbers of a product, found {product.Length}.");
        }

        if (a.Columns == 0)
        {
            product.Clear();
        }
        else if (product.Length > 0)
        {
            fixed (float* target = product)
            {
                if (thin is not null && ThinProduct.Is(a, b))
                {
                    if (ThinProduct.Run(a, b, target, thin, threads, cancellation))
                    {
                        return;
                    }
                }
                else
                {
                    using var tiles = new FloatProduct(a, b, kernel);
                    tiles.Run(target, threads, cancellation);
                }
            }

            Check(a, b, product);
        }
    }

    public void Dispose() => zeros.Dispose();

    // The smaller factor is packed whole, the other one panel by panel by whoever computes with it.
    private void Run(float* target, int threads, CancellationToken cancellation)
    {
        using var pinA = a.Data.Pin();
        using var pinB = b.Data.Pin();
        float* left = (float*)pinA.Pointer, right = (float*)pinB.Pointer;
        var columnsFirst = a.Rows < b.Columns;
        var (whole, width, count) = columnsFirst ? (a.Rows, kernel.Rows, b.Columns) : (b.Columns, kernel.Columns, a.Rows);
        var other = columnsFirst ? kernel.Columns : kernel.Rows;
        var wholePanels = ((whole - 1) / width) + 1;
        using var packed = new NativeBuffer<float>((long)wholePanels * width * depth);
        Workers.ForEach(threads, wholePanels, cancellation, panel =>
            Pack(columnsFirst, left, right, panel * width, packed.Pointer + ((long)panel * width * depth)));
        var panelsAtOnce = Math.Clamp(CacheFloats / (other * Math.Max(1, depth)), 1, 16);
        var panels = ((count - 1) / other) + 1;
        Workers.ForEach(threads, ((panels - 1) / panelsAtOnce) + 1, cancellation, item =>
        {
            using var mine = new NativeBuffer<float>((long)panelsAtOnce * other * depth);
            var first = item * panelsAtOnce;
            var last = Math.Min(panels, first + panelsAtOnce);
            if (columnsFirst && b.ColumnStride == 1)
            {
                PanelPacking.Beside(right + ((nint)first * other), b.RowStride, Math.Min(b.Columns, last * other) - (first * other), depth, other, 1, mine.Pointer);
            }
            else
            {
                for (var panel = first; panel < last; panel++)
                {
                    Pack(!columnsFirst, left, right, panel * other, mine.Pointer + ((long)(panel - first) * other * depth));
                }
            }

            for (var fixedPanel = 0; fixedPanel < wholePanels; fixedPanel++)
            {
                cancellation.ThrowIfCancellationRequested();
                for (var panel = first; panel < last; panel++)
                {
                    var one = packed.Pointer + ((long)fixedPanel * width * depth);
                    var two = mine.Pointer + ((long)(panel - first) * other * depth);

                    // The next panel of the whole factor comes from a farther cache: each tile fetches a part of it.
                    var next = one + ((long)width * depth) + ((long)(panel - first) * TileKernel<float>.Line * depth);
                    if (columnsFirst)
                    {
                        Tile(one, two, next, fixedPanel * width, panel * other, target);
                    }
                    else
                    {
                        Tile(two, one, next, panel * other, fixedPanel * width, target);
                    }
                }
            }
        });
    }

    private void Pack(bool ofLeft, float* left, float* right, int start, float* panel)
    {
        if (ofLeft)
        {
            PanelPacking.Strided(left + ((nint)start * a.RowStride), a.RowStride, a.ColumnStride, Math.Min(kernel.Rows, a.Rows - start), depth, kernel.Rows, 1, panel);
        }
        else
        {
            PanelPacking.Strided(right + ((nint)start * b.ColumnStride), b.ColumnStride, b.RowStride, Math.Min(kernel.Columns, b.Columns - start), depth, kernel.Columns, 1, panel);
        }
    }

    private void Tile(float* panelA, float* panelB, float* next, int row, int column, float* target)
    {
        int height = Math.Min(kernel.Rows, a.Rows - row), width = Math.Min(kernel.Columns, b.Columns - column);
        var destination = target + ((nint)row * b.Columns) + column;
        if (height == kernel.Rows && width == kernel.Columns)
        {
            kernel.Run(panelA, panelB, depth, next, zeros.Pointer, null, false, destination, b.Columns);
            return;
        }

        Edge(panelA, panelB, next, height, width, destination);
    }

    private void Edge(float* panelA, float* panelB, float* next, int height, int width, float* destination)
    {
        var tile = stackalloc float[kernel.Rows * kernel.Columns];
        kernel.Run(panelA, panelB, depth, next, zeros.Pointer, null, false, tile, kernel.Columns);
        for (var i = 0; i < height; i++)
        {
            new Span<float>(tile + (i * kernel.Columns), width).CopyTo(new Span<float>(destination + ((nint)i * b.Columns), width));
        }
    }

    // NaN and infinity spread to the result, so the factors are looked at only when it has some.
    private static void Check(Matrix a, Matrix b, ReadOnlySpan<float> values)
    {
        if (float.IsFinite(TensorPrimitives.MaxMagnitude(values)))
        {
            return;
        }

        var bad = 0;
        while (float.IsFinite(values[bad]))
        {
            bad++;
        }

        foreach (var (matrix, name) in new[] { (a, "A"), (b, "B") })
        {
            using var rows = new RowMajor(matrix);
            RowNorms.Squared(rows, name, 1);
        }

        throw new ArgumentException($"The product is too large for float32 in row {bad / b.Columns}, column {bad % b.Columns}. Scale the factors down.");
    }
}
