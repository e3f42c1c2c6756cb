namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Inverses, eigenvalues and correlations by the textbook.</summary>
internal static class NaiveAlgebra
{
    /// <summary>(E⁺)ᵀ = E (EᵀE)⁻¹ by Gauss-Jordan elimination.</summary>
    public static double[][] TransposedPseudoInverse(double[][] e)
    {
        var s = Gram(e);
        var d = s.Length;
        double[][] wide = [.. s.Select((row, at) => row.Concat(Enumerable.Range(0, d).Select(column => column == at ? 1.0 : 0)).ToArray())];
        for (var pivot = 0; pivot < d; pivot++)
        {
            var scale = wide[pivot][pivot];
            wide[pivot] = Array.ConvertAll(wide[pivot], value => value / scale);
            for (var row = 0; row < d; row++)
            {
                var factor = row == pivot ? 0 : wide[row][pivot];
                for (var column = 0; column < 2 * d; column++)
                {
                    wide[row][column] -= factor * wide[pivot][column];
                }
            }
        }

        return NaiveWeights.Multiply(e, Array.ConvertAll(wide, row => row[d..]));
    }

    /// <summary>EᵀE.</summary>
    public static double[][] Gram(double[][] e)
    {
        var columns = NaiveWeights.Transposed(e);
        return NaiveWeights.Products(columns, columns);
    }

    /// <summary>Eigenvalues of a symmetric matrix, largest first, by Jacobi's rotations.</summary>
    public static double[] Eigenvalues(double[][] symmetric)
    {
        double[][] s = [.. symmetric.Select(row => row.ToArray())];
        for (var sweep = 0; sweep < 12; sweep++)
        {
            for (var p = 0; p < s.Length; p++)
            {
                for (var q = p + 1; q < s.Length; q++)
                {
                    Rotate(s, p, q);
                }
            }
        }

        return [.. s.Select((row, at) => row[at]).OrderDescending()];
    }

    /// <summary>Vectors less their mean, of length one: their products are correlations. A constant vector becomes zero.</summary>
    public static double[][] Standardised(double[][] vectors) => Array.ConvertAll(vectors, vector =>
    {
        var mean = vector.Average();
        var centred = Array.ConvertAll(vector, value => value - mean);
        var length = Math.Sqrt(NaiveWeights.Dot(centred, centred));
        return Array.ConvertAll(centred, value => length == 0 ? 0 : value / length);
    });

    private static void Rotate(double[][] s, int p, int q)
    {
        if (s[p][q] == 0)
        {
            return;
        }

        var angle = 0.5 * Math.Atan2(2 * s[p][q], s[q][q] - s[p][p]);
        var (cos, sin) = (Math.Cos(angle), Math.Sin(angle));
        for (var at = 0; at < s.Length; at++)
        {
            (s[at][p], s[at][q]) = ((cos * s[at][p]) - (sin * s[at][q]), (sin * s[at][p]) + (cos * s[at][q]));
        }

        for (var at = 0; at < s.Length; at++)
        {
            (s[p][at], s[q][at]) = ((cos * s[p][at]) - (sin * s[q][at]), (sin * s[p][at]) + (cos * s[q][at]));
        }
    }
}
