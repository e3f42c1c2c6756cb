using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>Singular value decomposition by one-sided Jacobi rotations: small matrices, high relative accuracy, one fixed order.</summary>
internal static class JacobiSvd
{
    private const int MostSweeps = 60;

    /// <summary><c>A = U diag(S) Vᵀ</c>, singular values descending.</summary>
    /// <param name="a">Any, <c>n x m</c>.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>U, <c>n x p</c>; S, <c>[p]</c>; V, <c>m x p</c>, with <c>p = min(n, m)</c>.</returns>
    public static (Matrix64 U, double[] S, Matrix64 V) Of(Matrix64 a, CancellationToken cancellation = default)
    {
        if (a.Rows < a.Columns)
        {
            var (left, values, right) = Of(a.Transpose(), cancellation);
            return (right, values, left);
        }

        // Rows of these are columns of A and of V.
        var columns = a.Transpose();
        var v = new Matrix64(a.Columns, a.Columns);
        for (var i = 0; i < a.Columns; i++)
        {
            v[i, i] = 1;
        }

        for (var sweep = 0; sweep < MostSweeps && Sweep(columns, v); sweep++)
        {
            cancellation.ThrowIfCancellationRequested();
        }

        return Ordered(columns, v);
    }

    private static bool Sweep(Matrix64 columns, Matrix64 v)
    {
        var rotated = false;
        for (var p = 0; p < columns.Rows - 1; p++)
        {
            for (var q = p + 1; q < columns.Rows; q++)
            {
                var alpha = TensorPrimitives.SumOfSquares<double>(columns.Row(p));
                var beta = TensorPrimitives.SumOfSquares<double>(columns.Row(q));
                var gamma = TensorPrimitives.Dot<double>(columns.Row(p), columns.Row(q));
                if (gamma == 0 || Math.Abs(gamma) <= 1e-15 * Math.Sqrt(alpha * beta))
                {
                    continue;
                }

                rotated = true;
                var zeta = (beta - alpha) / (2 * gamma);
                var tangent = (zeta < 0 ? -1 : 1) / (Math.Abs(zeta) + Math.Sqrt(1 + (zeta * zeta)));
                var cosine = 1 / Math.Sqrt(1 + (tangent * tangent));
                Rotate(columns.Row(p), columns.Row(q), cosine, cosine * tangent);
                Rotate(v.Row(p), v.Row(q), cosine, cosine * tangent);
            }
        }

        return rotated;
    }

    private static void Rotate(Span<double> x, Span<double> y, double cosine, double sine)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var (a, b) = (x[i], y[i]);
            x[i] = (cosine * a) - (sine * b);
            y[i] = (sine * a) + (cosine * b);
        }
    }

    private static (Matrix64 U, double[] S, Matrix64 V) Ordered(Matrix64 columns, Matrix64 v)
    {
        var norms = new double[columns.Rows];
        for (var i = 0; i < norms.Length; i++)
        {
            norms[i] = TensorPrimitives.Norm<double>(columns.Row(i));
        }

        var order = Enumerable.Range(0, norms.Length).OrderByDescending(i => norms[i]).ToArray();
        var u = new Matrix64(columns.Rows, columns.Columns);
        var right = new Matrix64(v.Rows, v.Columns);
        var values = new double[norms.Length];
        for (var i = 0; i < order.Length; i++)
        {
            values[i] = norms[order[i]];
            v.Row(order[i]).CopyTo(right.Row(i));
            if (values[i] > norms[order[0]] * 1e-15)
            {
                TensorPrimitives.Divide(columns.Row(order[i]), values[i], u.Row(i));
            }
            else
            {
                Complete(u, i);
            }
        }

        return (u.Transpose(), values, right.Transpose());
    }

    // A null direction has no left vector of its own: any unit vector orthogonal to the others will do, the first found is taken.
    private static void Complete(Matrix64 u, int row)
    {
        var vector = u.Row(row);
        for (var axis = 0; axis < u.Columns; axis++)
        {
            vector.Clear();
            vector[axis] = 1;
            for (var pass = 0; pass < 2; pass++)
            {
                for (var other = 0; other < row; other++)
                {
                    TensorPrimitives.MultiplyAdd(u.Row(other), -TensorPrimitives.Dot<double>(u.Row(other), vector), vector, vector);
                }
            }

            // Some axis keeps at least 1/columns of its squared length.
            var norm = TensorPrimitives.Norm<double>(vector);
            if (norm * norm * u.Columns >= 0.5)
            {
                TensorPrimitives.Divide(vector, norm, vector);
                return;
            }
        }
    }
}
