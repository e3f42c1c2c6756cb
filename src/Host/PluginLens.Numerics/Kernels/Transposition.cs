using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace PluginLens.Numerics.Kernels;

/// <summary>Copies a matrix with rows and columns exchanged, a cache line of each row at a time.</summary>
internal static unsafe class Transposition
{
    private const int Line = 16;

    /// <summary>Copies a strided matrix to contiguous rows.</summary>
    /// <param name="source">Element (0, 0).</param>
    /// <param name="rowStride">Distance between rows of the source.</param>
    /// <param name="columnStride">Distance between columns of the source.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="destination">Receives row-major data without gaps.</param>
    public static void Copy(float* source, nint rowStride, nint columnStride, int rows, int columns, float* destination)
    {
        if (rowStride == 1)
        {
            // Bands of rows, so that what is written stays in the cache until its lines are full.
            for (var row = 0; row < rows; row += Line)
            {
                Exchange(source + row, columnStride, columns, Math.Min(Line, rows - row), 1, destination + ((nint)row * columns), columns);
            }

            return;
        }

        for (var row = 0; row < rows; row++)
        {
            var from = source + (row * rowStride);
            var to = destination + ((nint)row * columns);
            for (var column = 0; column < columns; column++)
            {
                to[column] = from[column * columnStride];
            }
        }
    }

    /// <summary><c>destination[j, i] = scale * source[i, j]</c>, both with contiguous rows.</summary>
    /// <param name="source">Element (0, 0).</param>
    /// <param name="stride">Distance between rows of the source.</param>
    /// <param name="rows">Rows of the source.</param>
    /// <param name="columns">Columns of the source.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="destination">Receives the transpose.</param>
    /// <param name="destinationStride">Distance between its rows.</param>
    public static void Exchange(float* source, nint stride, int rows, int columns, float scale, float* destination, nint destinationStride)
    {
        var row = 0;
        for (; row <= rows - 4; row += 4)
        {
            var from = source + (row * stride);
            FourRows(from, from + stride, from + (2 * stride), from + (3 * stride), columns, scale, destination + row, destinationStride);
        }

        for (; row < rows; row++)
        {
            OneRow(source + (row * stride), columns, scale, destination + row, destinationStride);
        }
    }

    /// <summary>Writes four rows as four neighbouring columns.</summary>
    /// <param name="a">First row, <c>[columns]</c>.</param>
    /// <param name="b">Second row.</param>
    /// <param name="c">Third row.</param>
    /// <param name="d">Fourth row.</param>
    /// <param name="columns">Their length.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="to">Receives the first column.</param>
    /// <param name="stride">Distance between rows of the destination.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FourRows(float* a, float* b, float* c, float* d, int columns, float scale, float* to, nint stride)
    {
        var k = 0;
        if (Sse.IsSupported || AdvSimd.Arm64.IsSupported)
        {
            var factor = Vector128.Create(scale);
            for (; k <= columns - 4; k += 4, to += 4 * stride)
            {
                var (va, vb) = (Vector128.Load(a + k) * factor, Vector128.Load(b + k) * factor);
                var (vc, vd) = (Vector128.Load(c + k) * factor, Vector128.Load(d + k) * factor);
                Vector128<float> ac = Low(va, vc), bd = Low(vb, vd), acHigh = High(va, vc), bdHigh = High(vb, vd);
                Vector128.Store(Low(ac, bd), to);
                Vector128.Store(High(ac, bd), to + stride);
                Vector128.Store(Low(acHigh, bdHigh), to + (2 * stride));
                Vector128.Store(High(acHigh, bdHigh), to + (3 * stride));
            }
        }

        for (; k < columns; k++, to += stride)
        {
            to[0] = a[k] * scale;
            to[1] = b[k] * scale;
            to[2] = c[k] * scale;
            to[3] = d[k] * scale;
        }
    }

    /// <summary>Writes a row as a column.</summary>
    /// <param name="row">The row, <c>[columns]</c>.</param>
    /// <param name="columns">Its length.</param>
    /// <param name="scale">Every element is multiplied by this.</param>
    /// <param name="to">Receives the column.</param>
    /// <param name="stride">Distance between rows of the destination.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OneRow(float* row, int columns, float scale, float* to, nint stride)
    {
        for (var k = 0; k < columns; k++, to += stride)
        {
            *to = row[k] * scale;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Low(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackLow(a, b) : AdvSimd.Arm64.ZipLow(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> High(Vector128<float> a, Vector128<float> b) =>
        Sse.IsSupported ? Sse.UnpackHigh(a, b) : AdvSimd.Arm64.ZipHigh(a, b);
}
