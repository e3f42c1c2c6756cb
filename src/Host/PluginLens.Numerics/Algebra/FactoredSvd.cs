using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>Singular value decomposition of A·Bᵀ from thin QR of both factors and the decomposition of the small core.</summary>
internal static class FactoredSvd
{
    /// <summary>Entries that differ by no more are tied: what is left between equal ones is rounding, which must not choose a sign.</summary>
    private const double Tie = 1e-9;

    /// <summary>Decomposes; signs as <see cref="ThinSvd"/> says.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>m x r</c>.</param>
    /// <param name="cancellation">Watched.</param>
    public static ThinSvd Of(Matrix64 a, Matrix64 b, CancellationToken cancellation = default)
    {
        if (a.Columns != b.Columns)
        {
            throw new ArgumentException($"Expected two factors with as many columns as each other, found {a.Columns} and {b.Columns}.");
        }

        var (qa, ra) = HouseholderQr.Thin(a, cancellation);
        var (qb, rb) = HouseholderQr.Thin(b, cancellation);
        var (u, s, v) = JacobiSvd.Of(Multiply(ra, rb.Transpose()), cancellation);
        var svd = new ThinSvd(Multiply(qa, u), s, Multiply(qb, v));
        FixSigns(svd);
        return svd;
    }

    /// <summary>Turns each pair of vectors so that the largest entry of the right one is positive, the first one of those that tie.</summary>
    /// <param name="svd">Changed in place.</param>
    internal static void FixSigns(ThinSvd svd)
    {
        for (var j = 0; j < svd.S.Length && svd.V.Rows > 0; j++)
        {
            var largest = Enumerable.Range(0, svd.V.Rows).Max(i => Math.Abs(svd.V[i, j]));
            var first = 0;
            while (Math.Abs(svd.V[first, j]) < largest * (1 - Tie))
            {
                first++;
            }

            if (svd.V[first, j] < 0)
            {
                Negate(svd.U, j);
                Negate(svd.V, j);
            }
        }
    }

    private static void Negate(Matrix64 matrix, int column)
    {
        for (var i = 0; i < matrix.Rows; i++)
        {
            matrix[i, column] = -matrix[i, column];
        }
    }

    // Row by row with the right factor in the cache; the right factor is never larger than r x r.
    private static Matrix64 Multiply(Matrix64 a, Matrix64 b)
    {
        var result = new Matrix64(a.Rows, b.Columns);
        for (var i = 0; i < a.Rows; i++)
        {
            var target = result.Row(i);
            for (var k = 0; k < a.Columns; k++)
            {
                TensorPrimitives.MultiplyAdd(b.Row(k), a[i, k], target, target);
            }
        }

        return result;
    }
}
