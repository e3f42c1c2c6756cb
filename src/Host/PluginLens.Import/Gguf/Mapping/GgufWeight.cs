namespace PluginLens.Import.Gguf.Mapping;

/// <summary>A canonical weight: some rows of a tensor, in another order. Its blocks stay where they are until they are asked for.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Canonical shape.</param>
/// <param name="Tensor">Where the numbers are.</param>
/// <param name="FirstRow">First row of it.</param>
/// <param name="Rows">How many rows.</param>
internal sealed record GgufWeight(string Name, long[] Shape, GgufTensor Tensor, long FirstRow, long Rows)
{
    private const int Tile = 32;

    public Layout Layout { get; init; }

    /// <summary>Heads whose rows are stored with rotary pairs side by side and belong a half apart; 0 where they are as they belong.</summary>
    public int RotatedHeads { get; init; }

    /// <summary>Multiplier that the model applies as it runs.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>Values of a row.</summary>
    public long Width => Tensor.Shape[^1];

    /// <summary>The values, in canonical order.</summary>
    public float[] Read()
    {
        var rows = Tensor.Shape.Length == 1 ? Tensor.Read() : Tensor.Read(FirstRow * Width, Rows * Width);
        if (Tensor.Shape.Length == 1)
        {
            rows = FirstRow == 0 && Rows == rows.Length ? rows : rows.AsSpan((int)FirstRow, (int)Rows).ToArray();
        }

        if (Factor != 1)
        {
            for (var i = 0L; i < rows.LongLength; i++)
            {
                rows[i] *= Factor;
            }
        }

        var width = (int)(rows.LongLength / Rows);
        rows = RotatedHeads == 0 ? rows : HalvesApart(rows, width);
        return Layout switch
        {
            Layout.Transposed => Transposed(rows, 1, (int)Rows, width),
            Layout.ByHead when width > 1 => Transposed(rows, (int)Shape[0], (int)(Rows / Shape[0]), width),
            _ => rows,
        };
    }

    /// <summary>Within each head, stored row 2i + s belongs at s * d_head / 2 + i.</summary>
    private float[] HalvesApart(float[] rows, int width)
    {
        var (result, head) = (new float[rows.LongLength], (int)Rows / RotatedHeads);
        for (var row = 0; row < Rows; row++)
        {
            var (at, within) = (row / head * head, row % head);
            var to = at + (within % 2 * head / 2) + (within / 2);
            rows.AsSpan(row * width, width).CopyTo(result.AsSpan(to * width));
        }

        return result;
    }

    /// <summary>Transposes some matrices one behind the other, in tiles that stay in the cache.</summary>
    private static float[] Transposed(float[] matrices, int count, int rows, int columns)
    {
        var result = new float[matrices.LongLength];
        for (var matrix = 0; matrix < count; matrix++)
        {
            var from = matrices.AsSpan(matrix * rows * columns, rows * columns);
            var to = result.AsSpan(matrix * rows * columns, rows * columns);
            for (var row = 0; row < rows; row += Tile)
            {
                for (var column = 0; column < columns; column += Tile)
                {
                    TransposeTile(from, to, rows, columns, row, column);
                }
            }
        }

        return result;
    }

    private static void TransposeTile(ReadOnlySpan<float> from, Span<float> to, int rows, int columns, int row, int column)
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
