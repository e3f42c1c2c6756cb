using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PluginLens.Numerics.Kernels;

/// <summary>Copies rows into a panel <c>[depth, width]</c>, the layout that a tile kernel reads; missing rows become zeros.</summary>
internal static unsafe class PanelPacking
{
    private const int Band = 16;

    /// <summary>So many rows, or steps of the depth, ahead memory is asked for.</summary>
    private const int Ahead = 8;

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
            // A cache line of every row at a time, and the same of the rows that are packed next: no processor guesses so many rows at once.
            for (var k = 0; k < depth; k += Band)
            {
                for (var i = 0; i < count; i++)
                {
                    CacheLine.FetchFar(source + k + ((count + i) * rowStride));
                }

                Transposition.Exchange(source + k, rowStride, count, Math.Min(Band, depth - k), scale, panel + ((nint)k * width), width);
            }
        }
        else if (rowStride == 1)
        {
            Beside(source, columnStride, count, depth, width, scale, panel);
            return;
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
            // Chosen rows may lie anywhere.
            for (var next = i + Ahead; next < Math.Min(i + Ahead + 4, indices.Length); next++)
            {
                CacheLine.FetchRow(source.Row(indices[next]), source.Columns);
            }

            Transposition.FourRows(source.Row(indices[i]), source.Row(indices[i + 1]), source.Row(indices[i + 2]), source.Row(indices[i + 3]), source.Columns, scale, panel + i, width);
        }

        for (; i < indices.Length; i++)
        {
            Transposition.OneRow(source.Row(indices[i]), source.Columns, scale, panel + i, width);
        }

        ClearFrom(indices.Length, source.Columns, width, panel);
    }

    /// <summary>Packs rows that lie beside each other, into as many panels as they need: what of them is contiguous is short and far from the next, so that it is asked for a while before, and read for all panels at once.</summary>
    /// <param name="source">First element of the first row.</param>
    /// <param name="stride">Distance between elements of a row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="depth">Length of a row.</param>
    /// <param name="width">Width of a panel.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="panels">Receives panels of <c>[depth, width]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Beside(float* source, nint stride, int count, int depth, int width, float scale, float* panels)
    {
        for (var k = 0; k < depth; k++, source += stride, panels += width)
        {
            for (nint line = 0; line < count * sizeof(float); line += CacheLine.Bytes)
            {
                CacheLine.FetchNear((byte*)(source + (Ahead * stride)) + line);
            }

            var panel = panels;
            for (var first = 0; first < count; first += width, panel += (nint)depth * width)
            {
                int i = 0, end = Math.Min(width, count - first);
                for (; i <= end - Vector128<float>.Count; i += Vector128<float>.Count)
                {
                    (Vector128.Load(source + first + i) * scale).Store(panel + i);
                }

                for (; i < width; i++)
                {
                    panel[i] = i < end ? source[first + i] * scale : 0;
                }
            }
        }
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
