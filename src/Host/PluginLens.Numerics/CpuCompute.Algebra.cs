using System.Numerics.Tensors;
using PluginLens.Numerics.Algebra;
using PluginLens.Numerics.Kernels;
using PluginLens.Numerics.Products;
using PluginLens.Numerics.Search;

namespace PluginLens.Numerics;

/// <content>Linear algebra in float64.</content>
public sealed unsafe partial class CpuCompute
{
    /// <inheritdoc/>
    public override Matrix64 Gram(Matrix a, Matrix b)
    {
        if (a.Rows != b.Rows)
        {
            throw new ArgumentException($"Expected two matrices with as many rows as each other, found {a.Rows} and {b.Rows}.");
        }

        var result = new Matrix64(a.Columns, b.Columns);
        using var left = a.Data.Pin();
        using var right = b.Data.Pin();
        fixed (double* target = result.Data)
        {
            DoubleProduct.Run(
                new DoubleSource((float*)left.Pointer, a.Columns, a.Rows, a.ColumnStride, a.RowStride),
                new DoubleSource((float*)right.Pointer, b.Columns, b.Rows, b.ColumnStride, b.RowStride),
                target, doubleKernel, Threads, cancellation);
        }

        return Expect.Finite(result, "the factors of a Gram matrix");
    }

    /// <inheritdoc/>
    public override Matrix64 Multiply(Matrix64 a, Matrix64 b)
    {
        if (a.Columns != b.Rows)
        {
            throw new ArgumentException($"Expected as many columns on the left as rows on the right, found {a.Rows} x {a.Columns} times {b.Rows} x {b.Columns}.");
        }

        var result = new Matrix64(a.Rows, b.Columns);
        fixed (double* left = a.Data, right = b.Data, target = result.Data)
        {
            DoubleProduct.Run(
                new DoubleSource(left, a.Rows, a.Columns, a.Columns, 1),
                new DoubleSource(right, b.Columns, b.Rows, 1, b.Columns),
                target, doubleKernel, Threads, cancellation);
        }

        return Expect.Finite(result, "the factors of a product");
    }

    /// <inheritdoc/>
    public override double[] MeanRow(Matrix a)
    {
        var mean = new double[a.Columns];
        var row = new float[a.Columns];
        var wide = new double[a.Columns];
        for (var i = 0; i < a.Rows; i++)
        {
            a.CopyRow(i, row);
            TensorPrimitives.ConvertTruncating<float, double>(row, wide);
            TensorPrimitives.Add<double>(mean, wide, mean);
        }

        TensorPrimitives.Divide(mean, Math.Max(1, a.Rows), mean);
        return mean;
    }

    /// <inheritdoc/>
    public override PearsonKernel PearsonKernel(Matrix e1, Matrix e2)
    {
        if (e1.Rows != e2.Rows)
        {
            throw new ArgumentException($"Expected two embeddings of one vocabulary, found {e1.Rows} and {e2.Rows} tokens.");
        }

        return new PearsonKernel(Scaled(Gram(e1, e1)), Scaled(Gram(e1, e2)), Scaled(Gram(e2, e2)), MeanRow(e1), MeanRow(e2));

        Matrix64 Scaled(Matrix64 gram)
        {
            TensorPrimitives.Divide(gram.Data, Math.Max(1, e1.Rows), gram.Data);
            return gram;
        }
    }

    /// <inheritdoc/>
    public override Matrix64 Correlations(PearsonKernel kernel, Matrix x, Matrix y) =>
        Pearson.All(Pearson.Left(kernel, Wide(x), Multiply), Pearson.Right(kernel, Wide(y), Multiply), doubleKernel, Threads, cancellation);

    /// <inheritdoc/>
    public override Matrix64 Correlations(Matrix x, Matrix y)
    {
        Expect.SameDepth(x.Columns, y.Columns);
        return Pearson.All(Pearson.Standardised(Wide(x)), Pearson.Standardised(Wide(y)), doubleKernel, Threads, cancellation);
    }

    /// <inheritdoc/>
    public override Matrix64 MeanAbsoluteCorrelations(PearsonKernel kernel, IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y) =>
        EachPair(x, y, one => Pearson.Left(kernel, Wide(one), Multiply), other => Pearson.Right(kernel, Wide(other), Multiply));

    /// <inheritdoc/>
    public override Matrix64 MeanAbsoluteCorrelations(IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y)
    {
        foreach (var one in x)
        {
            foreach (var other in y)
            {
                Expect.SameDepth(one.Columns, other.Columns);
            }
        }

        return EachPair(x, y, one => Pearson.Standardised(Wide(one)), other => Pearson.Standardised(Wide(other)));
    }

    /// <inheritdoc/>
    public override Matrix64 Solve(Matrix64 s, Matrix64 b) => Cholesky.Solve(s, b, cancellation);

    /// <inheritdoc/>
    public override Matrix64 StitchKernel(Matrix a, Matrix b) => PseudoInverse.Solve(Gram(b, b), Gram(b, a), cancellation).Transpose();

    /// <inheritdoc/>
    public override Matrix TransposedPseudoInverse(Matrix e)
    {
        var identity = new Matrix64(e.Columns, e.Columns);
        for (var i = 0; i < e.Columns; i++)
        {
            identity[i, i] = 1;
        }

        var inverse = PseudoInverse.Solve(Gram(e, e), identity, cancellation);
        var result = new float[checked(e.Rows * e.Columns)];
        const int AtOnce = 512;
        for (var row = 0; row < e.Rows; row += AtOnce)
        {
            var band = Multiply(Wide(e.Slice(row, Math.Min(AtOnce, e.Rows - row))), inverse);
            TensorPrimitives.ConvertTruncating<double, float>(band.Data, result.AsSpan(row * e.Columns));
        }

        return new Matrix(result, e.Rows, e.Columns);
    }

    /// <inheritdoc/>
    public override ThinSvd Svd(Matrix a, Matrix b) => FactoredSvd.Of(Wide(a), Wide(b), cancellation);

    /// <inheritdoc/>
    public override double[] Eigenvalues(Matrix64 s) => SymmetricEigenvalues.Of(s, cancellation);

    /// <inheritdoc/>
    public override int[] Assign(Matrix64 cost) => Assignment.Solve(cost);

    /// <inheritdoc/>
    public override Matrix64 PrincipalComponents(Matrix x, int components) => Maps.PrincipalComponents.Of(Wide(x), components, cancellation);

    /// <inheritdoc/>
    public override (Matrix64 Map, double Divergence) TSne(Matrix x, int components, double perplexity, double learningRate, int steps) =>
        Maps.TSne.Of(Wide(x), components, perplexity, learningRate, steps, Threads, cancellation, progress);

    /// <inheritdoc/>
    public override Matrix64 Umap(Matrix x, int components, int neighbours, double leastDistance, int epochs, int seed) =>
        Maps.Umap.Of(Wide(x), components, neighbours, leastDistance, epochs, seed, Threads, cancellation, progress);

    /// <inheritdoc/>
    public override Matrix KeepLargest(Matrix x, int k)
    {
        Expect.NotNegative(k);
        var result = new float[checked(x.Rows * x.Columns)];
        Workers.ForEach(Threads, x.Rows, cancellation, row =>
        {
            var target = result.AsSpan(row * x.Columns, x.Columns);
            x.CopyRow(row, target);
            if (TensorPrimitives.IndexOfMaxMagnitude(target) is var largest and >= 0 && !float.IsFinite(target[largest]))
            {
                throw new ArgumentException($"Expected finite numbers, found {target[largest]} in row {row}, column {largest}.");
            }

            LargestValues.Keep(target, k);
        });
        return new Matrix(result, x.Rows, x.Columns);
    }

    private Matrix64 EachPair(IReadOnlyList<Matrix> x, IReadOnlyList<Matrix> y, Func<Matrix, Matrix64> left, Func<Matrix, Matrix64> right)
    {
        var prepared = y.Select(right).ToArray();
        var result = new Matrix64(x.Count, y.Count);
        for (var i = 0; i < x.Count; i++)
        {
            var one = left(x[i]);
            for (var j = 0; j < y.Count; j++)
            {
                result[i, j] = Pearson.MeanAbsolute(one, prepared[j], doubleKernel, Threads, cancellation);
                progress?.Report(new Progress((i * y.Count) + j + 1, x.Count * y.Count, "blocks"));
            }
        }

        return result;
    }

    private static Matrix64 Wide(Matrix matrix)
    {
        var result = new Matrix64(matrix.Rows, matrix.Columns);
        var row = new float[matrix.Columns];
        for (var i = 0; i < matrix.Rows; i++)
        {
            matrix.CopyRow(i, row);
            TensorPrimitives.ConvertTruncating<float, double>(row, result.Row(i));
        }

        return Expect.Finite(result, "a matrix");
    }
}
