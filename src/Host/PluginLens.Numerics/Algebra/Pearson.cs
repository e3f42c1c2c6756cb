using System.Numerics.Tensors;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Products;

namespace PluginLens.Numerics.Algebra;

/// <summary>
/// Correlations in bilinear form. With each vector divided by its standard deviation and one more coordinate for the means,
/// the correlation of a pair is one dot product: <c>(x K12, -x m1) . (y, y m2)</c>.
/// </summary>
internal static unsafe class Pearson
{
    private const int RowsAtOnce = 64;

    /// <summary>Vectors of the first model, ready to be multiplied.</summary>
    /// <param name="kernel">Of the embeddings.</param>
    /// <param name="x">Vectors, <c>r1 x d1</c>.</param>
    /// <param name="multiply">float64 product.</param>
    /// <returns><c>r1 x (d2 + 1)</c>.</returns>
    public static Matrix64 Left(PearsonKernel kernel, Matrix64 x, Func<Matrix64, Matrix64, Matrix64> multiply)
    {
        Expect.Width(x.Columns, kernel.K12.Rows, "the first model");
        return Scaled(multiply(x, kernel.K12), x, multiply(x, kernel.K11), kernel.Mean1, -1);
    }

    /// <summary>Vectors of the second model, ready to be multiplied.</summary>
    /// <param name="kernel">Of the embeddings.</param>
    /// <param name="y">Vectors, <c>r2 x d2</c>.</param>
    /// <param name="multiply">float64 product.</param>
    /// <returns><c>r2 x (d2 + 1)</c>.</returns>
    public static Matrix64 Right(PearsonKernel kernel, Matrix64 y, Func<Matrix64, Matrix64, Matrix64> multiply)
    {
        Expect.Width(y.Columns, kernel.K12.Columns, "the second model");
        return Scaled(y, y, multiply(y, kernel.K22), kernel.Mean2, 1);
    }

    /// <summary>Vectors with mean 0 and norm 1 over their coordinates.</summary>
    /// <param name="x">Vectors, <c>r x d</c>.</param>
    public static Matrix64 Standardised(Matrix64 x)
    {
        var result = new Matrix64(x.Rows, x.Columns);
        for (var row = 0; row < x.Rows && x.Columns > 0; row++)
        {
            var target = result.Row(row);
            TensorPrimitives.Subtract(x.Row(row), TensorPrimitives.Sum<double>(x.Row(row)) / x.Columns, target);
            var square = TensorPrimitives.SumOfSquares<double>(target);
            var scale = square > 1e-24 * TensorPrimitives.SumOfSquares<double>(x.Row(row)) ? 1 / Math.Sqrt(square) : 0;
            TensorPrimitives.Multiply(target, scale, target);
        }

        return result;
    }

    /// <summary>Every pair.</summary>
    /// <param name="left">Prepared vectors.</param>
    /// <param name="right">Prepared vectors.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public static Matrix64 All(Matrix64 left, Matrix64 right, TileKernel<double> kernel, int threads, CancellationToken cancellation)
    {
        var result = new Matrix64(left.Rows, right.Rows);
        fixed (double* a = left.Data, b = right.Data, c = result.Data)
        {
            DoubleProduct.Run(new DoubleSource(a, left.Rows, left.Columns, left.Columns, 1), new DoubleSource(b, right.Rows, right.Columns, right.Columns, 1), c, kernel, threads, cancellation);
        }

        for (var i = 0; i < result.Data.Length; i++)
        {
            result.Data[i] = Math.Clamp(result.Data[i], -1, 1);
        }

        return result;
    }

    /// <summary>Mean absolute value over all pairs, a band of rows at a time; bands are added in order.</summary>
    /// <param name="left">Prepared vectors.</param>
    /// <param name="right">Prepared vectors.</param>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public static double MeanAbsolute(Matrix64 left, Matrix64 right, TileKernel<double> kernel, int threads, CancellationToken cancellation)
    {
        if (left.Rows == 0 || right.Rows == 0)
        {
            return 0;
        }

        var sums = new double[((left.Rows - 1) / RowsAtOnce) + 1];
        var columns = ((right.Rows - 1) / kernel.Columns * kernel.Columns) + kernel.Columns;
        using var packed = new NativeBuffer<double>((long)columns * right.Columns);
        fixed (double* a = left.Data, b = right.Data)
        {
            var rows = new DoubleSource(a, left.Rows, left.Columns, left.Columns, 1);
            var others = new DoubleSource(b, right.Rows, right.Columns, right.Columns, 1);
            Workers.ForEach(threads, columns / kernel.Columns, cancellation, panel =>
                others.Pack(panel * kernel.Columns, kernel.Columns, 0, others.Depth, packed.Pointer + ((long)panel * kernel.Columns * others.Depth)));
            Workers.ForEach(threads, sums.Length, cancellation, band => sums[band] = Band(rows, band * RowsAtOnce, packed.Pointer, columns, kernel));
        }

        return sums.Sum() / ((double)left.Rows * right.Rows);
    }

    private static double Band(DoubleSource rows, int first, double* packed, int columns, TileKernel<double> kernel)
    {
        using var panels = new NativeBuffer<double>((long)(RowsAtOnce + kernel.Rows) * rows.Depth);
        var tile = stackalloc double[kernel.Rows * kernel.Columns];
        var end = Math.Min(rows.Rows, first + RowsAtOnce);
        for (var row = first; row < end; row += kernel.Rows)
        {
            rows.Pack(row, kernel.Rows, 0, rows.Depth, panels.Pointer + ((long)(row - first) * rows.Depth));
        }

        // Rows and columns beyond the end are zeros and add nothing.
        var sum = 0.0;
        for (var column = 0; column < columns; column += kernel.Columns)
        {
            var next = packed + ((long)(column + kernel.Columns) * rows.Depth);
            for (var row = first; row < end; row += kernel.Rows, next += (long)TileKernel<double>.Line * rows.Depth)
            {
                var values = new Span<double>(tile, Math.Min(kernel.Rows, end - row) * kernel.Columns);
                new Span<double>(tile, kernel.Rows * kernel.Columns).Clear();
                kernel.Add(panels.Pointer + ((long)(row - first) * rows.Depth), packed + ((long)column * rows.Depth), rows.Depth, next, tile, kernel.Columns);
                sum += TensorPrimitives.SumOfMagnitudes<double>(values);
            }
        }

        return sum;
    }

    // Rows divided by the deviation of the vectors they belong to, and the mean as one more coordinate.
    private static Matrix64 Scaled(Matrix64 rows, Matrix64 vectors, Matrix64 timesKernel, double[] means, double sign)
    {
        var result = new Matrix64(rows.Rows, rows.Columns + 1);
        for (var row = 0; row < rows.Rows; row++)
        {
            var mean = TensorPrimitives.Dot<double>(vectors.Row(row), means);
            var square = TensorPrimitives.Dot<double>(vectors.Row(row), timesKernel.Row(row));
            var variance = square - (mean * mean);

            // A variance that is only rounding is none: the vector is constant over the vocabulary.
            var scale = variance > 1e-12 * square ? 1 / Math.Sqrt(variance) : 0;
            TensorPrimitives.Multiply(rows.Row(row), scale, result.Row(row));
            result[row, rows.Columns] = sign * mean * scale;
        }

        return result;
    }
}
