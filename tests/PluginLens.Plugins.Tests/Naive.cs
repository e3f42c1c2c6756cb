namespace PluginLens.Plugins.Tests;

/// <summary>The formulas as they are written, in float64, forming everything that the plugins never form.</summary>
internal static class Naive
{
    /// <summary>A matrix in float64.</summary>
    /// <param name="matrix">Any view.</param>
    public static double[,] Dense(Matrix matrix)
    {
        var dense = new double[matrix.Rows, matrix.Columns];
        var row = new float[matrix.Columns];
        for (var i = 0; i < matrix.Rows; i++)
        {
            matrix.CopyRow(i, row);
            for (var j = 0; j < row.Length; j++)
            {
                dense[i, j] = row[j];
            }
        }

        return dense;
    }

    /// <summary>A·B.</summary>
    public static double[,] Multiply(double[,] a, double[,] b)
    {
        var product = new double[a.GetLength(0), b.GetLength(1)];
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < b.GetLength(1); j++)
            {
                for (var k = 0; k < b.GetLength(0); k++)
                {
                    product[i, j] += a[i, k] * b[k, j];
                }
            }
        }

        return product;
    }

    /// <summary>Adds a row to every row.</summary>
    public static double[,] AddRow(double[,] a, ReadOnlySpan<float> row)
    {
        var sum = (double[,])a.Clone();
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < row.Length; j++)
            {
                sum[i, j] += row[j];
            }
        }

        return sum;
    }

    /// <summary>Aᵀ.</summary>
    public static double[,] Transpose(double[,] a)
    {
        var transposed = new double[a.GetLength(1), a.GetLength(0)];
        for (var i = 0; i < a.GetLength(0); i++)
        {
            for (var j = 0; j < a.GetLength(1); j++)
            {
                transposed[j, i] = a[i, j];
            }
        }

        return transposed;
    }

    /// <summary>All entries, best first: score, then row, then column.</summary>
    /// <param name="m">The whole matrix.</param>
    /// <param name="take">Which entries take part.</param>
    /// <param name="lowest">The other end.</param>
    public static List<(int Row, int Column, double Score)> Sorted(double[,] m, Func<int, int, bool> take, bool lowest = false)
    {
        var entries = new List<(int Row, int Column, double Score)>();
        for (var i = 0; i < m.GetLength(0); i++)
        {
            for (var j = 0; j < m.GetLength(1); j++)
            {
                if (take(i, j))
                {
                    entries.Add((i, j, m[i, j]));
                }
            }
        }

        return [.. entries.OrderBy(entry => lowest ? entry.Score : -entry.Score).ThenBy(entry => entry.Row).ThenBy(entry => entry.Column)];
    }

    /// <summary>The list is the naive one: same pairs in the same order; neighbours closer than rounding may swap.</summary>
    /// <param name="found">Row, column and score of each rank.</param>
    /// <param name="expected">The naive order, whole.</param>
    /// <param name="k">How many were asked for.</param>
    public static void AssertSame(IReadOnlyList<(int Row, int Column, double Score)> found, List<(int Row, int Column, double Score)> expected, int k)
    {
        Assert.That(found, Has.Count.EqualTo(Math.Min(k, expected.Count)).And.Not.Empty);
        for (var rank = 0; rank < found.Count; rank++)
        {
            Assert.That(found[rank].Score, Is.EqualTo(expected[rank].Score).Within(2e-6), $"score of rank {rank}");
            var twin = expected.Find(entry => entry.Row == found[rank].Row && entry.Column == found[rank].Column);
            Assert.That(twin.Score, Is.EqualTo(found[rank].Score).Within(2e-6), $"pair of rank {rank}");
        }

        Assert.That(found.Select(entry => (entry.Row, entry.Column)).Distinct().Count(), Is.EqualTo(found.Count), "a pair is listed twice");
    }
}
