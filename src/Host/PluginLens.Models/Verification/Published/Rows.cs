namespace PluginLens.Models.Verification.Published;

/// <summary>Small products in float64, and names of tokens.</summary>
internal static class Rows
{
    /// <summary>A difference relative to a scale; infinite, so that nothing passes, where the scale is 0 or a number is missing.</summary>
    public static double Relative(double difference, double scale) => scale > 0 && !double.IsNaN(difference) ? Math.Abs(difference) / scale : double.PositiveInfinity;

    /// <summary>The length of a row.</summary>
    public static double Norm(ReadOnlySpan<float> row) => Math.Sqrt(Float64.Dot(row, row));

    /// <summary>1 / length of every row, for cosines.</summary>
    public static float[] InverseNorms(Matrix rows) => [.. Enumerable.Range(0, rows.Rows).Select(row => (float)(1 / Math.Max(Norm(rows.Row(row)), 1e-30)))];

    /// <summary>Ids by a name of theirs; the first wins.</summary>
    /// <param name="model">Its tokenizer names them.</param>
    /// <param name="name">The name of an id, or null.</param>
    public static Dictionary<string, int> Ids(Model model, Func<int, string?> name)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < model.Config.DVocab; id++)
        {
            if (name(id) is { } text)
            {
                ids.TryAdd(text, id);
            }
        }

        return ids;
    }

    /// <summary>A copy with rows in a row.</summary>
    public static Matrix Contiguous(Matrix matrix)
    {
        var data = new float[matrix.Rows * matrix.Columns];
        for (var row = 0; row < matrix.Rows; row++)
        {
            matrix.CopyRow(row, data.AsSpan(row * matrix.Columns, matrix.Columns));
        }

        return new Matrix(data, matrix.Rows, matrix.Columns);
    }
}
