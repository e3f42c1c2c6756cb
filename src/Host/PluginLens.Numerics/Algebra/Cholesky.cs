using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>Factorisation <c>S = L Lᵀ</c> of a symmetric positive definite matrix, and what follows from it.</summary>
internal static class Cholesky
{
    /// <summary>Solves <c>S X = B</c>.</summary>
    /// <param name="s">Symmetric positive definite, <c>n x n</c>; its lower half is read.</param>
    /// <param name="b">Right sides, <c>n x m</c>.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>X, <c>n x m</c>.</returns>
    public static Matrix64 Solve(Matrix64 s, Matrix64 b, CancellationToken cancellation = default)
    {
        if (s.Rows != s.Columns || b.Rows != s.Rows)
        {
            throw new ArgumentException($"Expected a square matrix and as many rows on the right, found {s.Rows} x {s.Columns} and {b.Rows} x {b.Columns}.");
        }

        var lower = Factor(s, cancellation);

        // Each right side is a row here, so that both substitutions run along contiguous memory.
        var sides = b.Transpose();
        var upper = lower.Transpose();
        for (var side = 0; side < sides.Rows; side++)
        {
            cancellation.ThrowIfCancellationRequested();
            var x = sides.Row(side);
            for (var i = 0; i < x.Length; i++)
            {
                x[i] = (x[i] - TensorPrimitives.Dot<double>(lower.Row(i)[..i], x[..i])) / lower[i, i];
            }

            for (var i = x.Length - 1; i >= 0; i--)
            {
                x[i] = (x[i] - TensorPrimitives.Dot<double>(upper.Row(i)[(i + 1)..], x[(i + 1)..])) / lower[i, i];
            }
        }

        return sides.Transpose();
    }

    /// <summary>The lower factor.</summary>
    /// <param name="s">Symmetric positive definite, <c>n x n</c>; its lower half is read.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>L, <c>n x n</c>, zero above the diagonal.</returns>
    public static Matrix64 Factor(Matrix64 s, CancellationToken cancellation = default)
    {
        var lower = new Matrix64(s.Rows, s.Rows);
        for (var i = 0; i < s.Rows; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var row = lower.Row(i);
            for (var j = 0; j <= i; j++)
            {
                var rest = s[i, j] - TensorPrimitives.Dot<double>(row[..j], lower.Row(j)[..j]);
                if (j < i)
                {
                    row[j] = rest / lower[j, j];
                    continue;
                }

                // What is left of a dependent column is rounding; dividing by it would make numbers without meaning.
                if (!(rest > 1e-13 * s[i, i]))
                {
                    throw new ArgumentException($"Expected a positive definite matrix, found column {i} to depend on those before it. The columns of the embedding must be independent.");
                }

                row[i] = Math.Sqrt(rest);
            }
        }

        return lower;
    }
}
