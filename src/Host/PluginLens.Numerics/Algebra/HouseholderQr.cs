using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>Thin QR by Householder reflections: accurate for dependent columns too, unlike Cholesky QR.</summary>
internal static class HouseholderQr
{
    /// <summary><c>A = Q R</c> with orthonormal columns in Q.</summary>
    /// <param name="a">Any, <c>n x r</c>.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>Q, <c>n x p</c>, and R, <c>p x r</c>, with <c>p = min(n, r)</c>.</returns>
    public static (Matrix64 Q, Matrix64 R) Thin(Matrix64 a, CancellationToken cancellation = default)
    {
        // Columns become rows, so that reflections run along contiguous memory.
        var work = a.Transpose();
        int n = a.Rows, p = Math.Min(n, a.Columns);
        var factors = new double[p];
        var r = new Matrix64(p, a.Columns);
        for (var j = 0; j < p; j++)
        {
            cancellation.ThrowIfCancellationRequested();
            factors[j] = Reflector(work.Row(j)[j..], out var diagonal);
            var reflector = work.Row(j)[j..];
            for (var c = j + 1; c < a.Columns; c++)
            {
                Apply(reflector, factors[j], work.Row(c)[j..]);
            }

            r[j, j] = diagonal;
        }

        for (var i = 0; i < p; i++)
        {
            for (var c = i + 1; c < a.Columns; c++)
            {
                r[i, c] = work[c, i];
            }
        }

        var q = new Matrix64(p, n);
        for (var j = 0; j < p; j++)
        {
            cancellation.ThrowIfCancellationRequested();
            var column = q.Row(j);
            column[j] = 1;
            for (var i = j; i >= 0; i--)
            {
                Apply(work.Row(i)[i..], factors[i], column[i..]);
            }
        }

        return (q.Transpose(), r);
    }

    // Turns x into v with (I - factor v vᵀ) x = diagonal e1.
    private static double Reflector(Span<double> x, out double diagonal)
    {
        var largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(x));
        if (largest == 0)
        {
            diagonal = 0;
            return 0;
        }

        // Scaled by the largest entry, so that squares neither overflow nor vanish.
        TensorPrimitives.Divide(x, largest, x);
        var norm = TensorPrimitives.Norm<double>(x);
        var pivot = x[0] > 0 ? -norm : norm;
        x[0] -= pivot;
        diagonal = pivot * largest;
        return -1 / (pivot * x[0]);
    }

    private static void Apply(ReadOnlySpan<double> reflector, double factor, Span<double> x)
    {
        if (factor != 0)
        {
            TensorPrimitives.MultiplyAdd(reflector, -factor * TensorPrimitives.Dot(reflector, x), x, x);
        }
    }
}
