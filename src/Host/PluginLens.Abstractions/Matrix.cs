namespace PluginLens;

/// <summary>
/// A strided view of float32 data: rows, columns, and a transpose that copies nothing. Element (i, j) is at
/// <c>i * RowStride + j * ColumnStride</c>. Weights are row-vector convention: <c>y = x W</c>.
/// </summary>
public readonly record struct Matrix
{
    /// <summary>A dense row-major view.</summary>
    /// <param name="data">At least <c>rows * columns</c> elements.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public Matrix(ReadOnlyMemory<float> data, int rows, int columns)
        : this(data, rows, columns, columns, 1)
    {
    }

    /// <summary>A strided view.</summary>
    /// <param name="data">The elements.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="rowStride">Distance between rows, in elements.</param>
    /// <param name="columnStride">Distance between columns, in elements.</param>
    public Matrix(ReadOnlyMemory<float> data, int rows, int columns, int rowStride, int columnStride)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(rowStride);
        ArgumentOutOfRangeException.ThrowIfNegative(columnStride);
        if (rows > 0 && columns > 0 && ((rows - 1L) * rowStride) + ((columns - 1L) * columnStride) >= data.Length)
        {
            throw new ArgumentException($"A {rows} x {columns} matrix with strides {rowStride}, {columnStride} needs more than the {data.Length} elements given.");
        }

        Data = data;
        Rows = rows;
        Columns = columns;
        RowStride = rowStride;
        ColumnStride = columnStride;
    }

    /// <summary>The elements.</summary>
    public ReadOnlyMemory<float> Data { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Distance between rows, in elements.</summary>
    public int RowStride { get; }

    /// <summary>Distance between columns, in elements.</summary>
    public int ColumnStride { get; }

    /// <summary>True where each row is contiguous, so that <see cref="Row"/> works.</summary>
    public bool HasContiguousRows => ColumnStride == 1 || Columns <= 1;

    /// <summary>The same data with rows and columns exchanged; copies nothing.</summary>
    public Matrix Transpose() => new(Data, Columns, Rows, ColumnStride, RowStride);

    /// <summary>A band of rows; copies nothing.</summary>
    /// <param name="start">First row.</param>
    /// <param name="count">Number of rows.</param>
    public Matrix Slice(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + (long)count, Rows);
        return count == 0
            ? new Matrix(ReadOnlyMemory<float>.Empty, 0, Columns, RowStride, ColumnStride)
            : new Matrix(Data[(start * RowStride)..], count, Columns, RowStride, ColumnStride);
    }

    /// <summary>One row as a span; only where <see cref="HasContiguousRows"/>.</summary>
    /// <param name="index">Counts from 0.</param>
    public ReadOnlySpan<float> Row(int index)
    {
        if (!HasContiguousRows)
        {
            throw new InvalidOperationException("The rows of a transposed matrix are not contiguous; use CopyRow.");
        }

        return Data.Span.Slice(index * RowStride, Columns);
    }

    /// <summary>Copies one row, whatever the strides.</summary>
    /// <param name="index">Counts from 0.</param>
    /// <param name="destination">Receives the row, <c>[Columns]</c>.</param>
    public void CopyRow(int index, Span<float> destination)
    {
        if (Columns == 0)
        {
            return; // A matrix without columns has no data to point into.
        }

        var data = Data.Span[(index * RowStride)..];
        if (ColumnStride == 1)
        {
            data[..Columns].CopyTo(destination);
            return;
        }

        for (var column = 0; column < Columns; column++)
        {
            destination[column] = data[column * ColumnStride];
        }
    }
}
