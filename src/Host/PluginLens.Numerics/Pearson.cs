using System.Numerics.Tensors;
using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics;

/// <summary>
/// Correlations in bilinear form. With each vector divided by its standard deviation and one more coordinate for the means,
/// the correlation of a pair is one dot product: <c>(x K12, -x m1) . (y, y m2)</c>.
/// </summary>
internal sealed unsafe class Pearson
{
    private const int RowsAtOnce = 64;
    private readonly Matrix64 left;
    private readonly Matrix64 right;

    private Pearson(Matrix64 left, Matrix64 right)
    {
        this.left = left;
        this.right = right;
    }

    /// <summary>Correlations over the vocabulary.</summary>
    /// <param name="kernel">Of the embeddings.</param>
    /// <param name="x">Vectors of the first model, <c>r1 x d1</c>.</param>
    /// <param name="y">Vectors of the second model, <c>r2 x d2</c>.</param>
    /// <param name="multiply">float64 product.</param>
    public static Pearson Over(PearsonKernel kernel, Matrix64 x, Matrix64 y, Func<Matrix64, Matrix64, Matrix64> multiply)
    {
        if (x.Columns != kernel.K12.Rows || y.Columns != kernel.K12.Columns)
        {
            throw new ArgumentException($"Expected vectors of {kernel.K12.Rows} and {kernel.K12.Columns} elements, found {x.Columns} and {y.Columns}.");
        }

        var left = new Matrix64(x.Rows, y.Columns + 1);
        var right = new Matrix64(y.Rows, y.Columns + 1);
        var crossed = multiply(x, kernel.K12);
        var own1 = multiply(x, kernel.K11);
        var own2 = multiply(y, kernel.K22);
        for (var row = 0; row < x.Rows; row++)
        {
            var mean = TensorPrimitives.Dot<double>(x.Row(row), kernel.Mean1);
            var scale = InverseDeviation(TensorPrimitives.Dot<double>(x.Row(row), own1.Row(row)), mean);
            Scaled(crossed.Row(row), -mean, scale, left.Row(row));
        }

        for (var row = 0; row < y.Rows; row++)
        {
            var mean = TensorPrimitives.Dot<double>(y.Row(row), kernel.Mean2);
            var scale = InverseDeviation(TensorPrimitives.Dot<double>(y.Row(row), own2.Row(row)), mean);
            Scaled(y.Row(row), mean, scale, right.Row(row));
        }

        return new Pearson(left, right);
    }

    /// <summary>Correlations over coordinates.</summary>
    /// <param name="x">Vectors, <c>r1 x d</c>.</param>
    /// <param name="y">Vectors, <c>r2 x d</c>.</param>
    public static Pearson Over(Matrix64 x, Matrix64 y)
    {
        Expect.SameDepth(x.Columns, y.Columns);
        return new Pearson(Standardised(x), Standardised(y));
    }

    /// <summary>Every pair.</summary>
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public Matrix64 All(DoubleKernel kernel, int threads, CancellationToken cancellation)
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
    /// <param name="kernel">The inner loop.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="cancellation">Watched.</param>
    public double MeanAbsolute(DoubleKernel kernel, int threads, CancellationToken cancellation)
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

    private static double Band(DoubleSource rows, int first, double* packed, int columns, DoubleKernel kernel)
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
            for (var row = first; row < end; row += kernel.Rows)
            {
                var values = new Span<double>(tile, Math.Min(kernel.Rows, end - row) * kernel.Columns);
                new Span<double>(tile, kernel.Rows * kernel.Columns).Clear();
                kernel.Run(panels.Pointer + ((long)(row - first) * rows.Depth), packed + ((long)column * rows.Depth), rows.Depth, tile, kernel.Columns);
                sum += TensorPrimitives.SumOfMagnitudes<double>(values);
            }
        }

        return sum;
    }

    // A variance that is only rounding is none: the vector is constant over the vocabulary.
    private static double InverseDeviation(double square, double mean)
    {
        var variance = square - (mean * mean);
        return variance > 1e-12 * square ? 1 / Math.Sqrt(variance) : 0;
    }

    private static void Scaled(ReadOnlySpan<double> vector, double last, double scale, Span<double> destination)
    {
        TensorPrimitives.Multiply(vector, scale, destination);
        destination[^1] = last * scale;
    }

    private static Matrix64 Standardised(Matrix64 x)
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
}
