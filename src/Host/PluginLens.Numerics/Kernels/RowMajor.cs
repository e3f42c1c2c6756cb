using System.Buffers;

namespace PluginLens.Numerics.Kernels;

/// <summary>Rows of a matrix at fixed addresses, each contiguous: a pinned view where the matrix is so already, else a copy.</summary>
internal sealed unsafe class RowMajor : IDisposable
{
    private readonly MemoryHandle handle;
    private readonly NativeBuffer<float>? copy;
    private readonly float* first;
    private readonly nint stride;

    /// <summary>Pins or copies.</summary>
    /// <param name="matrix">Any strides.</param>
    public RowMajor(Matrix matrix)
    {
        Rows = matrix.Rows;
        Columns = matrix.Columns;
        handle = matrix.Data.Pin();
        first = (float*)handle.Pointer;
        stride = matrix.RowStride;
        if (!matrix.HasContiguousRows && Rows > 0)
        {
            copy = new NativeBuffer<float>((long)Rows * Columns);
            Transposition.Copy(first, matrix.RowStride, matrix.ColumnStride, Rows, Columns, copy.Pointer);
            first = copy.Pointer;
            stride = Columns;
        }
    }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Distance between rows.</summary>
    public nint Stride => stride;

    /// <summary>Start of a row.</summary>
    /// <param name="index">Counts from 0.</param>
    public float* Row(int index) => first + (index * stride);

    public void Dispose()
    {
        copy?.Dispose();
        handle.Dispose();
    }
}
