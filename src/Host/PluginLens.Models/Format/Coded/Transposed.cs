namespace PluginLens.Models.Format.Coded;

/// <summary>Transposes matrices in tiles that stay in the cache.</summary>
internal static class Transposed
{
    private const int Tile = 32;

    /// <summary>Copies a matrix so that rows become columns.</summary>
    /// <param name="from">Row-major, rows x columns.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="columns">Columns.</param>
    /// <param name="to">Receives columns x rows.</param>
    public static void Copy(ReadOnlySpan<float> from, int rows, int columns, Span<float> to)
    {
        for (var row = 0; row < rows; row += Tile)
        {
            for (var column = 0; column < columns; column += Tile)
            {
                for (var r = row; r < Math.Min(row + Tile, rows); r++)
                {
                    for (var c = column; c < Math.Min(column + Tile, columns); c++)
                    {
                        to[(c * rows) + r] = from[(r * columns) + c];
                    }
                }
            }
        }
    }
}
