using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>
/// <c>S⁺ B</c> for a Gram matrix S of any rank. Centred embeddings have one dependent column, short vocabularies many: there plain Cholesky
/// would divide by rounding. Pivots find the null space N, and <c>S⁺ = (S + sNNᵀ)⁻¹ - NNᵀ/s</c> for any s &gt; 0.
/// </summary>
internal static class PseudoInverse
{
    /// <summary>What is left of a dependent column, relative to the trace: the square of what float32 embeddings resolve.</summary>
    private const double Negligible = 1e-12;

    /// <summary>Solves <c>S X = B</c> in the least-squares sense, with the shortest columns.</summary>
    /// <param name="s">Symmetric positive semi-definite, <c>n x n</c>.</param>
    /// <param name="b">Right sides, <c>n x m</c>.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>X, <c>n x m</c>.</returns>
    public static Matrix64 Solve(Matrix64 s, Matrix64 b, CancellationToken cancellation = default)
    {
        var nulls = NullSpace(s, cancellation);
        if (nulls.Count == 0)
        {
            return Cholesky.Solve(s, b, cancellation);
        }

        var trace = Enumerable.Range(0, s.Rows).Sum(at => s[at, at]);
        var shift = trace > 0 ? trace / s.Rows : 1;
        var shifted = new Matrix64((double[])s.Data.Clone(), s.Rows, s.Columns);
        foreach (var direction in nulls)
        {
            for (var i = 0; i < s.Rows; i++)
            {
                TensorPrimitives.MultiplyAdd<double>(direction, shift * direction[i], shifted.Row(i), shifted.Row(i));
            }
        }

        var x = Cholesky.Solve(shifted, b, cancellation);
        foreach (var direction in nulls)
        {
            var along = new double[b.Columns];
            for (var i = 0; i < b.Rows; i++)
            {
                TensorPrimitives.MultiplyAdd<double>(b.Row(i), direction[i], along, along);
            }

            for (var i = 0; i < b.Rows; i++)
            {
                TensorPrimitives.MultiplyAdd<double>(along, -direction[i] / shift, x.Row(i), x.Row(i));
            }
        }

        return x;
    }

    /// <summary>An orthonormal basis of the null space; empty for full rank.</summary>
    /// <param name="s">Symmetric positive semi-definite, <c>n x n</c>.</param>
    /// <param name="cancellation">Watched.</param>
    internal static List<double[]> NullSpace(Matrix64 s, CancellationToken cancellation)
    {
        var (lower, order, rank) = Pivoted(s, cancellation);
        var basis = new List<double[]>();
        for (var free = rank; free < s.Rows; free++)
        {
            // In pivot order Lᵀz = 0 with z = (y, e): L₁ᵀ y = -(row of L₂)ᵀ.
            var y = new double[rank];
            for (var i = rank - 1; i >= 0; i--)
            {
                var rest = -lower[free, i];
                for (var j = i + 1; j < rank; j++)
                {
                    rest -= lower[j, i] * y[j];
                }

                y[i] = rest / lower[i, i];
            }

            var vector = new double[s.Rows];
            vector[order[free]] = 1;
            for (var i = 0; i < rank; i++)
            {
                vector[order[i]] = y[i];
            }

            Orthonormalise(vector, basis);
            basis.Add(vector);
        }

        return basis;
    }

    /// <summary>Cholesky with the largest remaining diagonal first; stops where nothing but rounding is left.</summary>
    private static (Matrix64 Lower, int[] Order, int Rank) Pivoted(Matrix64 s, CancellationToken cancellation)
    {
        var n = s.Rows;
        var lower = new Matrix64(n, n);
        int[] order = [.. Enumerable.Range(0, n)];
        double[] rest = [.. order.Select(at => s[at, at])];
        var least = Negligible * rest.Sum();
        for (var k = 0; k < n; k++)
        {
            cancellation.ThrowIfCancellationRequested();
            var pivot = k + TensorPrimitives.IndexOfMax<double>(rest.AsSpan(k));
            if (!(rest[pivot] > least))
            {
                return (lower, order, k);
            }

            (order[k], order[pivot], rest[k], rest[pivot]) = (order[pivot], order[k], rest[pivot], rest[k]);
            for (var at = 0; at < k; at++)
            {
                (lower[k, at], lower[pivot, at]) = (lower[pivot, at], lower[k, at]);
            }

            lower[k, k] = Math.Sqrt(rest[k]);
            for (var i = k + 1; i < n; i++)
            {
                var value = (s[order[i], order[k]] - TensorPrimitives.Dot<double>(lower.Row(i)[..k], lower.Row(k)[..k])) / lower[k, k];
                lower[i, k] = value;
                rest[i] -= value * value;
            }
        }

        return (lower, order, n);
    }

    private static void Orthonormalise(double[] vector, List<double[]> basis)
    {
        // Twice: once leaves rounding of the size of the angle.
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var other in basis)
            {
                TensorPrimitives.MultiplyAdd<double>(other, -TensorPrimitives.Dot<double>(other, vector), vector, vector);
            }

            TensorPrimitives.Divide<double>(vector, TensorPrimitives.Norm<double>(vector), vector);
        }
    }
}
