using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>Eigenvalues of a symmetric matrix: Householder reduction to tridiagonal form, then implicit QL.</summary>
internal static class SymmetricEigenvalues
{
    private const int MostIterations = 200;

    /// <summary>Eigenvalues, descending.</summary>
    /// <param name="s">Symmetric, <c>n x n</c>; its lower half is read.</param>
    /// <param name="cancellation">Watched.</param>
    public static double[] Of(Matrix64 s, CancellationToken cancellation = default)
    {
        if (s.Rows != s.Columns)
        {
            throw new ArgumentException($"Expected a square matrix, found {s.Rows} x {s.Columns}.");
        }

        var diagonal = new double[s.Rows];
        var off = new double[s.Rows];
        Reduce(s, diagonal, off, cancellation);
        Iterate(diagonal, off);
        Array.Sort(diagonal, (p, q) => q.CompareTo(p));
        return diagonal;
    }

    // Each step removes one row and column from the end: A <- A - v wᵀ - w vᵀ.
    private static void Reduce(Matrix64 s, double[] diagonal, double[] off, CancellationToken cancellation)
    {
        var n = s.Rows;
        var a = new Matrix64(n, n);
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                a[i, j] = a[j, i] = s[i, j];
            }
        }

        var w = new double[n];
        for (var i = n - 1; i > 0; i--)
        {
            cancellation.ThrowIfCancellationRequested();
            diagonal[i] = a[i, i];
            var v = a.Row(i)[..i];
            var largest = Math.Abs(TensorPrimitives.MaxMagnitude<double>(v));
            if (largest == 0)
            {
                off[i] = 0;
                continue;
            }

            TensorPrimitives.Divide(v, largest, v);
            var norm = TensorPrimitives.Norm<double>(v);
            var pivot = v[i - 1] > 0 ? -norm : norm;
            off[i] = pivot * largest;
            v[i - 1] -= pivot;
            var half = -pivot * v[i - 1];
            var p = w.AsSpan(0, i);
            for (var j = 0; j < i; j++)
            {
                p[j] = TensorPrimitives.Dot<double>(a.Row(j)[..i], v) / half;
            }

            TensorPrimitives.MultiplyAdd(v, -TensorPrimitives.Dot<double>(v, p) / (2 * half), p, p);
            for (var j = 0; j < i; j++)
            {
                var row = a.Row(j)[..i];
                TensorPrimitives.MultiplyAdd(p, -v[j], row, row);
                TensorPrimitives.MultiplyAdd(v, -p[j], row, row);
            }
        }

        if (n > 0)
        {
            diagonal[0] = a[0, 0];
        }
    }

    private static void Iterate(double[] d, double[] off)
    {
        var n = d.Length;
        var e = new double[n];
        Array.Copy(off, Math.Min(1, n), e, 0, Math.Max(0, n - 1));
        for (var l = 0; l < n; l++)
        {
            for (var iteration = 0; ; iteration++)
            {
                var m = l;
                while (m < n - 1 && Math.Abs(e[m]) > 1e-16 * (Math.Abs(d[m]) + Math.Abs(d[m + 1])))
                {
                    m++;
                }

                if (m == l)
                {
                    break;
                }

                if (iteration == MostIterations)
                {
                    throw new ArithmeticException("The eigenvalues did not converge. Check the matrix for NaN.");
                }

                Step(d, e, l, m);
            }
        }
    }

    private static void Step(double[] d, double[] e, int l, int m)
    {
        var g = (d[l + 1] - d[l]) / (2 * e[l]);
        var r = double.Hypot(g, 1);
        g = d[m] - d[l] + (e[l] / (g + Math.CopySign(r, g)));
        double sine = 1, cosine = 1, p = 0;
        var i = m - 1;
        for (; i >= l; i--)
        {
            var f = sine * e[i];
            var b = cosine * e[i];
            r = double.Hypot(f, g);
            e[i + 1] = r;
            if (r == 0)
            {
                d[i + 1] -= p;
                e[m] = 0;
                break;
            }

            sine = f / r;
            cosine = g / r;
            g = d[i + 1] - p;
            r = ((d[i] - g) * sine) + (2 * cosine * b);
            p = sine * r;
            d[i + 1] = g + p;
            g = (cosine * r) - b;
        }

        if (r == 0 && i >= l)
        {
            return;
        }

        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }
}
