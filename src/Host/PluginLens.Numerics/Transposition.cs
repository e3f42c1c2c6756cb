using System.Runtime.CompilerServices;

namespace PluginLens.Numerics;

/// <summary>Copies between layouts, in blocks that stay in the cache.</summary>
internal static unsafe class Transposition
{
    private const int Block = 32;

    /// <summary>Copies a strided matrix to rows.</summary>
    /// <param name="source">Element (0, 0).</param>
    /// <param name="rowStride">Distance between rows of the source.</param>
    /// <param name="columnStride">Distance between columns of the source.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="destination">Receives row-major data.</param>
    /// <param name="stride">Distance between its rows.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* source, nint rowStride, nint columnStride, int rows, int columns, float* destination, nint stride)
    {
        for (var row = 0; row < rows; row += Block)
        {
            var rowEnd = Math.Min(rows, row + Block);
            for (var column = 0; column < columns; column += Block)
            {
                var columnEnd = Math.Min(columns, column + Block);
                for (var i = row; i < rowEnd; i++)
                {
                    var from = source + (i * rowStride);
                    var to = destination + (i * stride);
                    for (var j = column; j < columnEnd; j++)
                    {
                        to[j] = from[j * columnStride];
                    }
                }
            }
        }
    }
}
