namespace PluginLens;

/// <summary>A dense row-major float64 matrix: what the compute service answers where float32 would not do.</summary>
public sealed class Matrix64
{
    /// <summary>Zeros.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public Matrix64(int rows, int columns)
        : this(new double[checked(rows * columns)], rows, columns)
    {
    }

    /// <summary>Wraps data; copies nothing.</summary>
    /// <param name="data">Row after row, <c>[rows * columns]</c>.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    public Matrix64(double[] data, int rows, int columns)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (data.Length != (long)rows * columns)
        {
            throw new ArgumentException($"A {rows} x {columns} matrix needs {(long)rows * columns} elements, found {data.Length}.");
        }

        Data = data;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>Row after row.</summary>
    public double[] Data { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>One element.</summary>
    /// <param name="row">Counts from 0.</param>
    /// <param name="column">Counts from 0.</param>
    public double this[int row, int column]
    {
        get => Row(row)[column];
        set => Row(row)[column] = value;
    }

    /// <summary>One row, <c>[Columns]</c>.</summary>
    /// <param name="index">Counts from 0.</param>
    public Span<double> Row(int index) => Data.AsSpan(index * Columns, Columns);

    /// <summary>Rounded to float32.</summary>
    public Matrix ToMatrix() => new(Array.ConvertAll(Data, value => (float)value), Rows, Columns);

    /// <summary>A copy with rows and columns exchanged.</summary>
    public Matrix64 Transpose()
    {
        var result = new Matrix64(Columns, Rows);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++)
            {
                result.Data[(column * Rows) + row] = Data[(row * Columns) + column];
            }
        }

        return result;
    }
}
