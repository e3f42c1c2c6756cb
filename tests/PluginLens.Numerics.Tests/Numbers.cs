namespace PluginLens.Numerics.Tests;

/// <summary>Seeded data for tests.</summary>
internal static class Numbers
{
    public static Matrix Gaussian(Random random, int rows, int columns) => Make(rows, columns, () => (float)Normal(random));

    public static Matrix Integers(Random random, int rows, int columns, int limit = 2) =>
        Make(rows, columns, () => random.Next(-limit, limit + 1));

    public static Matrix LogNormalRows(Random random, int rows, int columns, double sigma)
    {
        var data = new float[rows * columns];
        for (var row = 0; row < rows; row++)
        {
            var norm = Math.Exp(sigma * Normal(random));
            for (var column = 0; column < columns; column++)
            {
                data[(row * columns) + column] = (float)(norm * Normal(random));
            }
        }

        return new Matrix(data, rows, columns);
    }

    /// <summary>The same values, stored column by column.</summary>
    public static Matrix Transposed(Matrix matrix)
    {
        var data = new float[matrix.Rows * matrix.Columns];
        var row = new float[matrix.Columns];
        for (var i = 0; i < matrix.Rows; i++)
        {
            matrix.CopyRow(i, row);
            for (var j = 0; j < matrix.Columns; j++)
            {
                data[(j * matrix.Rows) + i] = row[j];
            }
        }

        return new Matrix(data, matrix.Columns, matrix.Rows).Transpose();
    }

    /// <summary>The same values with gaps between rows and between columns.</summary>
    public static Matrix Strided(Matrix matrix)
    {
        var stride = (3 * matrix.Columns) + 5;
        var data = new float[(matrix.Rows * stride) + 1];
        Array.Fill(data, float.NaN);
        var row = new float[matrix.Columns];
        for (var i = 0; i < matrix.Rows; i++)
        {
            matrix.CopyRow(i, row);
            for (var j = 0; j < matrix.Columns; j++)
            {
                data[(i * stride) + (3 * j)] = row[j];
            }
        }

        return new Matrix(data, matrix.Rows, matrix.Columns, stride, 3);
    }

    public static Matrix64 Wide(Matrix matrix) => new([.. Dense.Rows(matrix).SelectMany(row => row)], matrix.Rows, matrix.Columns);

    public static Matrix Make(int rows, int columns, Func<float> next)
    {
        var data = new float[rows * columns];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = next();
        }

        return new Matrix(data, rows, columns);
    }

    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
