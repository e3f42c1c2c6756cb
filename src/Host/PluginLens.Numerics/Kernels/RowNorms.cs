namespace PluginLens.Numerics.Kernels;

/// <summary>Norms of rows, with a refusal of numbers that are not.</summary>
internal static unsafe class RowNorms
{
    /// <summary>Squared norm of each row; throws where a row holds NaN or infinity.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="name">The matrix, for the message.</param>
    /// <param name="threads">Threads for reading it.</param>
    public static double[] Squared(RowMajor rows, string name, int threads)
    {
        const int AtOnce = 1024, RowsAhead = 4;
        var squares = new double[rows.Rows];
        Workers.ForEach(threads, (rows.Rows + AtOnce - 1) / AtOnce, CancellationToken.None, part =>
        {
            for (var row = part * AtOnce; row < Math.Min(rows.Rows, (part + 1) * AtOnce); row++)
            {
                // Fetched a few rows ahead: the time is that of reading memory once.
                squares[row] = DotProduct.Of(rows.Row(row), rows.Row(row), rows.Columns, rows.Row(row + RowsAhead));
            }
        });

        // Squares of finite floats cannot overflow float64, so a sum that is not finite has met NaN or infinity.
        var bad = Array.FindIndex(squares, square => !double.IsFinite(square));
        return bad < 0 ? squares : throw NotFinite(name, bad, rows.Row(bad), rows.Columns);
    }

    private static ArgumentException NotFinite(string name, int row, float* values, int length)
    {
        var column = 0;
        while (column < length && float.IsFinite(values[column]))
        {
            column++;
        }

        var value = column < length ? values[column] : float.NaN;
        return new ArgumentException($"Expected finite numbers in matrix {name}, found {value} in row {row}, column {column}. Check the weights or the input.");
    }
}
