namespace PluginLens.Numerics.Kernels;

/// <summary>Copies rows into a panel <c>[depth, width]</c>, the layout that a tile kernel reads; missing rows become zeros.</summary>
internal static unsafe class PanelPacking
{
    private const int Band = 16;

    /// <summary>Packs rows that follow each other in memory at a fixed distance.</summary>
    /// <param name="source">First element of the first row.</param>
    /// <param name="rowStride">Distance between rows.</param>
    /// <param name="columnStride">Distance between elements of a row; 1 here or there is fast.</param>
    /// <param name="count">Rows, at most <paramref name="width"/>.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="panel">Receives <c>[depth, width]</c>.</param>
    public static void Strided(float* source, nint rowStride, nint columnStride, int count, int depth, int width, float scale, float* panel)
    {
        if (columnStride == 1)
        {
            // A cache line of every row at a time.
            for (var k = 0; k < depth; k += Band)
            {
                Transposition.Exchange(source + k, rowStride, count, Math.Min(Band, depth - k), scale, panel + ((nint)k * width), width);
            }
        }
        else
        {
            for (var k = 0; k < depth; k++)
            {
                var from = source + (k * columnStride);
                var to = panel + ((nint)k * width);
                for (var i = 0; i < count; i++)
                {
                    to[i] = from[i * rowStride] * scale;
                }
            }
        }

        ClearFrom(count, depth, width, panel);
    }

    /// <summary>Packs chosen rows, each contiguous.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="indices">Which rows.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="panel">Receives <c>[depth, width]</c>.</param>
    public static void Chosen(RowMajor source, ReadOnlySpan<int> indices, int width, float scale, float* panel)
    {
        var i = 0;
        for (; i <= indices.Length - 4; i += 4)
        {
            Transposition.FourRows(source.Row(indices[i]), source.Row(indices[i + 1]), source.Row(indices[i + 2]), source.Row(indices[i + 3]), source.Columns, scale, panel + i, width);
        }

        for (; i < indices.Length; i++)
        {
            Transposition.OneRow(source.Row(indices[i]), source.Columns, scale, panel + i, width);
        }

        ClearFrom(indices.Length, source.Columns, width, panel);
    }

    private static void ClearFrom(int count, int depth, int width, float* panel)
    {
        if (count == width)
        {
            return;
        }

        for (var k = 0; k < depth; k++)
        {
            new Span<float>(panel + ((nint)k * width) + count, width - count).Clear();
        }
    }
}
