using System.Runtime.CompilerServices;

namespace PluginLens.Numerics.Products;

/// <summary>A strided matrix of floats or doubles at a fixed address, read as doubles.</summary>
internal readonly unsafe struct DoubleSource
{
    private const int Band = 16;
    private readonly float* floats;
    private readonly double* doubles;
    private readonly nint rowStride;
    private readonly nint columnStride;

    public DoubleSource(float* data, int rows, int depth, nint rowStride, nint columnStride)
    {
        floats = data;
        Rows = rows;
        Depth = depth;
        this.rowStride = rowStride;
        this.columnStride = columnStride;
    }

    public DoubleSource(double* data, int rows, int depth, nint rowStride, nint columnStride)
    {
        doubles = data;
        Rows = rows;
        Depth = depth;
        this.rowStride = rowStride;
        this.columnStride = columnStride;
    }

    public int Rows { get; }

    /// <summary>Length of a row.</summary>
    public int Depth { get; }

    /// <summary>Packs part of some rows, zeros in place of missing ones.</summary>
    /// <param name="row">First row.</param>
    /// <param name="width">Rows of a panel.</param>
    /// <param name="from">First column.</param>
    /// <param name="depth">Columns.</param>
    /// <param name="panel">Receives <c>[depth, width]</c>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Pack(int row, int width, int from, int depth, double* panel)
    {
        var count = Math.Min(width, Rows - row);
        var start = (row * rowStride) + (from * columnStride);
        if (count < width)
        {
            new Span<double>(panel, width * depth).Clear();
        }

        // The loop over what is contiguous goes inside.
        if (rowStride == 1)
        {
            for (var k = 0; k < depth; k++, panel += width, start += columnStride)
            {
                for (var i = 0; i < count; i++)
                {
                    panel[i] = floats is not null ? floats[start + i] : doubles[start + i];
                }
            }

            return;
        }

        for (var k = 0; k < depth; k += Band)
        {
            var end = Math.Min(depth, k + Band);
            for (var i = 0; i < count; i++)
            {
                for (var j = k; j < end; j++)
                {
                    var place = start + (i * rowStride) + (j * columnStride);
                    panel[(j * width) + i] = floats is not null ? floats[place] : doubles[place];
                }
            }
        }
    }
}
