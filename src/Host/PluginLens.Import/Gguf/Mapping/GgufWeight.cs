namespace PluginLens.Import.Gguf.Mapping;

/// <summary>A canonical weight: some rows of a tensor, in another order. Its blocks stay where they are until they are asked for.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Canonical shape.</param>
/// <param name="Tensor">Where the numbers are.</param>
/// <param name="FirstRow">First row of it.</param>
/// <param name="Rows">How many rows.</param>
internal sealed record GgufWeight(string Name, long[] Shape, GgufTensor Tensor, long FirstRow, long Rows)
{
    public Layout Layout { get; init; }

    /// <summary>Heads whose rows are stored with rotary pairs side by side and belong a half apart; 0 where they are as they belong.</summary>
    public int RotatedHeads { get; init; }

    /// <summary>Multiplier that the model applies as it runs.</summary>
    public float Factor { get; init; } = 1;

    /// <summary>Values of a row.</summary>
    public long Width => Tensor.Shape[^1];

    /// <summary>How many rows of the tensor stand side by side along the last canonical axis.</summary>
    public int Columns => Layout switch
    {
        Layout.Transposed => (int)Rows,
        Layout.ByHead => (int)(Rows / Shape[0]),
        _ => 1,
    };

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

    /// <summary>Where a stored row belongs: within each head, row 2i + s at s * d_head / 2 + i.</summary>
    /// <param name="row">From 0.</param>
    public int Place(int row)
    {
        if (RotatedHeads == 0)
        {
            return row;
        }

        var head = (int)Rows / RotatedHeads;
        var within = row % head;
        return (row / head * head) + (within % 2 * head / 2) + (within / 2);
    }

    private float[] HalvesApart(float[] rows, int width)
    {
        var result = new float[rows.LongLength];
        for (var row = 0; row < Rows; row++)
        {
            rows.AsSpan(row * width, width).CopyTo(result.AsSpan(Place(row) * width));
        }

        return result;
    }

    private static float[] Transposed(float[] matrices, int count, int rows, int columns)
    {
        var result = new float[matrices.LongLength];
        for (var matrix = 0; matrix < count; matrix++)
        {
            var (at, size) = (matrix * rows * columns, rows * columns);
            PluginLens.Models.Format.Coded.Transposed.Copy(matrices.AsSpan(at, size), rows, columns, result.AsSpan(at, size));
        }

        return result;
    }
}
