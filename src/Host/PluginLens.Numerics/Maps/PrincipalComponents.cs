using System.Numerics.Tensors;
using PluginLens.Numerics.Algebra;

namespace PluginLens.Numerics.Maps;

/// <summary>Principal components of some rows (thousands, not a vocabulary).</summary>
internal static class PrincipalComponents
{
    /// <summary>All components of a matrix with no side longer than this are found at once.</summary>
    private const int Small = 64;

    /// <summary>Coordinates of the rows along their directions of largest variance; signs as <see cref="ThinSvd"/> says.</summary>
    /// <param name="x">Rows, <c>n x d</c>; copied.</param>
    /// <param name="components">How many; fewer where there are fewer rows or columns.</param>
    /// <param name="cancellation">Watched.</param>
    /// <returns><c>n x components</c>.</returns>
    public static Matrix64 Of(Matrix64 x, int components, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(components);
        var centred = new Matrix64([.. x.Data], x.Rows, x.Columns);
        var mean = new double[x.Columns];
        for (var row = 0; row < x.Rows; row++)
        {
            TensorPrimitives.Add(mean, x.Row(row), mean);
        }

        for (var row = 0; row < x.Rows; row++)
        {
            TensorPrimitives.MultiplyAdd(mean, -1.0 / x.Rows, centred.Row(row), centred.Row(row));
        }

        var smaller = Math.Min(x.Rows, x.Columns);
        return smaller <= Small || components > smaller / 8 ? All(centred, components, cancellation) : Leading(centred, components, cancellation);
    }

    private static Matrix64 All(Matrix64 centred, int components, CancellationToken cancellation)
    {
        var (u, s, v) = JacobiSvd.Of(centred, cancellation);
        FactoredSvd.FixSigns(new ThinSvd(u, s, v));
        var result = new Matrix64(centred.Rows, Math.Min(components, s.Length));
        for (var row = 0; row < centred.Rows; row++)
        {
            TensorPrimitives.Multiply(u.Row(row)[..result.Columns], s.AsSpan(0, result.Columns), result.Row(row));
        }

        return result;
    }

    // A few of many: eigenvectors of XᵀX, which is not formed.
    private static Matrix64 Leading(Matrix64 centred, int components, CancellationToken cancellation)
    {
        var axes = LeadingVectors.Of(centred.Columns, components, Product, tolerance: 1e-13, mostRestarts: 300, cancellation);
        var result = new Matrix64(centred.Rows, axes.Rows);
        for (var row = 0; row < centred.Rows; row++)
        {
            for (var axis = 0; axis < axes.Rows; axis++)
            {
                result[row, axis] = TensorPrimitives.Dot<double>(centred.Row(row), axes.Row(axis));
            }
        }

        FactoredSvd.FixSigns(new ThinSvd(result, new double[axes.Rows], axes.Transpose()));
        return result;

        void Product(ReadOnlySpan<double> vector, Span<double> image)
        {
            image.Clear();
            for (var row = 0; row < centred.Rows; row++)
            {
                TensorPrimitives.MultiplyAdd(centred.Row(row), TensorPrimitives.Dot(centred.Row(row), vector), image, image);
            }
        }
    }
}
