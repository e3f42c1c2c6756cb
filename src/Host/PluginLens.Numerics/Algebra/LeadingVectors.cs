using System.Numerics.Tensors;

namespace PluginLens.Numerics.Algebra;

/// <summary>
/// A few eigenvectors of largest eigenvalue of a large symmetric matrix that is only multiplied with: block Lanczos with a full basis, restarted from its best Ritz vectors
/// (Saad, Numerical Methods for Large Eigenvalue Problems, chapter 7). The start is seeded, the order of sums fixed.
/// </summary>
internal static class LeadingVectors
{
    /// <summary>Multiplies with the matrix.</summary>
    /// <param name="vector"><c>[n]</c>.</param>
    /// <param name="result">Receives <c>[n]</c>.</param>
    internal delegate void Product(ReadOnlySpan<double> vector, Span<double> result);

    /// <summary>Finds them.</summary>
    /// <param name="n">Size of the matrix.</param>
    /// <param name="count">How many; fewer come back where n is smaller.</param>
    /// <param name="product">The matrix: symmetric, no eigenvalue below 0.</param>
    /// <param name="tolerance">Largest residual, as a fraction of the largest eigenvalue.</param>
    /// <param name="mostRestarts">After so many, what there is.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns>Unit vectors as rows, <c>count x n</c>, the largest eigenvalue first.</returns>
    public static Matrix64 Of(int n, int count, Product product, double tolerance, int mostRestarts, CancellationToken cancellation)
    {
        var width = Math.Min(n, count + 3);
        var basis = new Basis(n, Math.Min(n, Math.Max(48, 4 * width)), product);
        var random = new SeededNumbers(1);
        var next = new Matrix64(width, n);
        for (var at = 0; at < next.Data.Length; at++)
        {
            next.Data[at] = random.Normal();
        }

        for (var restart = 0; ; restart++)
        {
            var before = basis.Count;
            while (basis.Add(next) is { Rows: > 0 } images)
            {
                cancellation.ThrowIfCancellationRequested();
                next = images;
            }

            var grown = basis.Count > before;
            var (values, residuals) = basis.Rotate(Math.Min(basis.Count, 2 * width));
            var kept = Math.Min(Math.Min(count, n), values.Length);
            if (!grown || restart == mostRestarts || Enumerable.Range(0, kept).All(row => TensorPrimitives.Norm<double>(residuals.Row(row)) <= tolerance * values[0]))
            {
                return new Matrix64(basis.Vectors.Data[..(kept * n)], kept, n);
            }

            next = new Matrix64(residuals.Data[..(Math.Min(width, residuals.Rows) * n)], Math.Min(width, residuals.Rows), n);
        }
    }

    /// <summary>Orthonormal vectors and their images.</summary>
    private sealed class Basis(int n, int room, Product product)
    {
        private readonly Matrix64 _images = new(room, n);

        public Matrix64 Vectors { get; } = new(room, n);

        public int Count { get; private set; }

        // Takes what is new of each as long as there is room; gives the images of what was taken.
        public Matrix64 Add(Matrix64 candidates)
        {
            var first = Count;
            for (var row = 0; row < candidates.Rows && Count < room; row++)
            {
                var vector = Vectors.Row(Count);
                candidates.Row(row).CopyTo(vector);
                if (Orthonormalise(vector))
                {
                    product(vector, _images.Row(Count++));
                }
            }

            return new Matrix64(_images.Data[(first * n)..(Count * n)], Count - first, n);
        }

        // Ritz vectors in place of the basis, the best ones; their values and what is left of A v - value v.
        public (double[] Values, Matrix64 Residuals) Rotate(int kept)
        {
            var projected = new Matrix64(Count, Count);
            for (var i = 0; i < Count; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    projected[i, j] = projected[j, i] = TensorPrimitives.Dot<double>(Vectors.Row(i), _images.Row(j));
                }
            }

            // No eigenvalue is negative: singular vectors are eigenvectors.
            var (_, values, turn) = JacobiSvd.Of(projected);
            Turn(Vectors, turn, kept);
            Turn(_images, turn, kept);
            Count = kept;
            var residuals = new Matrix64(kept, n);
            for (var row = 0; row < kept; row++)
            {
                TensorPrimitives.MultiplyAdd(Vectors.Row(row), -values[row], _images.Row(row), residuals.Row(row));
            }

            return (values, residuals);
        }

        private void Turn(Matrix64 rows, Matrix64 turn, int kept)
        {
            var turned = new Matrix64(kept, n);
            for (var to = 0; to < kept; to++)
            {
                for (var from = 0; from < turn.Rows; from++)
                {
                    TensorPrimitives.MultiplyAdd(rows.Row(from), turn[from, to], turned.Row(to), turned.Row(to));
                }
            }

            turned.Data.CopyTo(rows.Data, 0);
        }

        // Twice is enough; a vector of which nearly nothing is left holds only rounding.
        private bool Orthonormalise(Span<double> vector)
        {
            var length = TensorPrimitives.Norm<double>(vector);
            for (var pass = 0; pass < 2; pass++)
            {
                for (var row = 0; row < Count; row++)
                {
                    TensorPrimitives.MultiplyAdd(Vectors.Row(row), -TensorPrimitives.Dot<double>(Vectors.Row(row), vector), vector, vector);
                }
            }

            var left = TensorPrimitives.Norm<double>(vector);
            if (!(left > 1e-10 * length))
            {
                return false;
            }

            TensorPrimitives.Divide(vector, left, vector);
            return true;
        }
    }
}
