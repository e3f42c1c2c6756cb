using System.Runtime.CompilerServices;

namespace PluginLens.Numerics;

/// <summary>Copies rows into a panel <c>[depth, width]</c>, the layout that a tile kernel reads; missing rows become zeros.</summary>
internal static unsafe class PanelPacking
{
    /// <summary>Packs rows that are contiguous.</summary>
    /// <param name="source">The rows.</param>
    /// <param name="indices">Which rows, <c>[count]</c>; null = from <paramref name="start"/> on.</param>
    /// <param name="start">First row, or first place in <paramref name="indices"/>.</param>
    /// <param name="count">At most <paramref name="width"/>.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="panel">Receives <c>[depth, width]</c>.</param>
    public static void Rows(RowMajor source, int[]? indices, int start, int count, int width, float scale, float* panel)
    {
        for (var i = 0; i < width; i++)
        {
            if (i < count)
            {
                Column(source.Row(indices is null ? start + i : indices[start + i]), source.Columns, width, scale, panel + i);
            }
            else
            {
                Clear(source.Columns, width, panel + i);
            }
        }
    }

    /// <summary>Packs one row.</summary>
    /// <param name="row">The row, <c>[depth]</c>.</param>
    /// <param name="depth">Its length.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="target">Its place in the panel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Column(float* row, int depth, int width, float scale, float* target)
    {
        for (var k = 0; k < depth; k++, target += width)
        {
            *target = row[k] * scale;
        }
    }

    /// <summary>Zeros in the place of a row.</summary>
    /// <param name="depth">Its length.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="target">Its place in the panel.</param>
    public static void Clear(int depth, int width, float* target)
    {
        for (var k = 0; k < depth; k++, target += width)
        {
            *target = 0;
        }
    }
}
