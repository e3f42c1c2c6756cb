using System.Numerics.Tensors;
using PluginLens.Numerics.Algebra;

namespace PluginLens.Numerics.Maps;

/// <summary>Principal components of a few rows (hundreds, not a vocabulary).</summary>
internal static class PrincipalComponents
{
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

        var (u, s, v) = JacobiSvd.Of(centred, cancellation);
        FactoredSvd.FixSigns(new ThinSvd(u, s, v));
        var result = new Matrix64(x.Rows, Math.Min(components, s.Length));
        for (var row = 0; row < x.Rows; row++)
        {
            TensorPrimitives.Multiply(u.Row(row)[..result.Columns], s.AsSpan(0, result.Columns), result.Row(row));
        }

        return result;
    }
}
