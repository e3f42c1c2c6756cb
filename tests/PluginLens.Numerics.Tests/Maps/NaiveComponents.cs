namespace PluginLens.Numerics.Tests.Maps;

/// <summary>Principal components by rotating the covariance until nothing is left beside its diagonal.</summary>
internal static class NaiveComponents
{
    /// <summary>Coordinates along each axis, <c>[d][n]</c>, the largest variance first; the largest entry of each axis is positive.</summary>
    /// <param name="points">Rows, <c>[n][d]</c>.</param>
    public static double[][] Of(double[][] points)
    {
        var d = points[0].Length;
        double[][] centred = [.. points.Select(point => point.Select((value, axis) => value - points.Average(other => other[axis])).ToArray())];
        var covariance = new double[d, d];
        var axes = new double[d, d];
        for (var i = 0; i < d; i++)
        {
            axes[i, i] = 1;
            for (var j = 0; j < d; j++)
            {
                covariance[i, j] = centred.Sum(point => point[i] * point[j]);
            }
        }

        for (var sweep = 0; sweep < 30; sweep++)
        {
            for (var p = 0; p < d; p++)
            {
                for (var q = p + 1; q < d; q++)
                {
                    Rotate(covariance, axes, p, q);
                }
            }
        }

        return [.. Enumerable.Range(0, d).OrderByDescending(axis => covariance[axis, axis]).Select(axis =>
        {
            double[] direction = [.. Enumerable.Range(0, d).Select(i => axes[i, axis])];
            var sign = Math.Sign(direction.MaxBy(Math.Abs));
            return centred.Select(point => sign * point.Zip(direction, (x, v) => x * v).Sum()).ToArray();
        })];
    }

    private static void Rotate(double[,] matrix, double[,] axes, int p, int q)
    {
        if (matrix[p, q] == 0)
        {
            return;
        }

        var (sine, cosine) = Math.SinCos(0.5 * Math.Atan2(2 * matrix[p, q], matrix[p, p] - matrix[q, q]));
        for (var i = 0; i < matrix.GetLength(0); i++)
        {
            (matrix[i, p], matrix[i, q]) = ((cosine * matrix[i, p]) + (sine * matrix[i, q]), (cosine * matrix[i, q]) - (sine * matrix[i, p]));
            (axes[i, p], axes[i, q]) = ((cosine * axes[i, p]) + (sine * axes[i, q]), (cosine * axes[i, q]) - (sine * axes[i, p]));
        }

        for (var i = 0; i < matrix.GetLength(0); i++)
        {
            (matrix[p, i], matrix[q, i]) = ((cosine * matrix[p, i]) + (sine * matrix[q, i]), (cosine * matrix[q, i]) - (sine * matrix[p, i]));
        }
    }
}
