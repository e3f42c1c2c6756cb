namespace PluginLens.Toolkit;

/// <summary>Walks the rows of a large matrix in blocks that are contiguous copies, whatever the strides.</summary>
internal static class RowBlocks
{
    private const int Floats = 1 << 20;

    /// <summary>Rows per block, about 4 MB.</summary>
    /// <param name="width">Elements per row of the copy.</param>
    public static int Size(int width) => Math.Max(256, Floats / Math.Max(1, width));

    /// <summary>Calls back for each block, in order.</summary>
    /// <param name="rows">The matrix, <c>n x d</c>.</param>
    /// <param name="visit">Receives the first row and the block's rows, <c>count x d</c>; valid during the call.</param>
    public static void ForEach(Matrix rows, Action<int, Matrix> visit)
    {
        var size = Size(rows.Columns);
        var buffer = rows.HasContiguousRows ? [] : new float[Math.Min(size, rows.Rows) * rows.Columns];
        for (var start = 0; start < rows.Rows; start += size)
        {
            var block = rows.Slice(start, Math.Min(size, rows.Rows - start));
            if (!rows.HasContiguousRows)
            {
                Copy(block, rows.Columns, buffer);
                block = new Matrix(buffer, block.Rows, block.Columns);
            }

            visit(start, block);
        }
    }

    /// <summary>Copies rows into wider ones; what is beyond stays.</summary>
    /// <param name="rows">The rows, <c>n x d</c>.</param>
    /// <param name="width">Elements from row to row of the copy, at least d.</param>
    /// <param name="destination">Receives <c>n x width</c>.</param>
    public static void Copy(Matrix rows, int width, float[] destination)
    {
        if (rows.HasContiguousRows)
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                rows.Row(row).CopyTo(destination.AsSpan(row * width));
            }

            return;
        }

        // Column by column: a transposed matrix is contiguous that way.
        var columns = rows.Transpose();
        var column = new float[rows.Rows];
        for (var at = 0; at < rows.Columns; at++)
        {
            columns.CopyRow(at, column);
            for (var row = 0; row < column.Length; row++)
            {
                destination[(row * width) + at] = column[row];
            }
        }
    }
}
