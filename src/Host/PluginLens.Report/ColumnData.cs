namespace PluginLens.Report;

/// <summary>The values of a column as an array of numbers; texts by their numbers in the string table.</summary>
/// <param name="shape">What its values are.</param>
/// <param name="length">Rows.</param>
/// <param name="strings">Receives texts.</param>
internal sealed class ColumnData(ColumnShape shape, int length, StringTable strings)
{
    /// <summary>What stands for an empty field among whole numbers.</summary>
    public const int NoInteger = int.MinValue;

    private readonly string _kind = shape.Kind;

    /// <summary>The values.</summary>
    public Array Values { get; } = (shape.Kind, shape.IsSmall) switch
    {
        ("int", false) or ("number", false) => new double[length],
        ("number", true) => new float[length],
        _ => new int[length],
    };

    /// <summary>Puts a field in its place.</summary>
    /// <param name="row">The row.</param>
    /// <param name="field">The field.</param>
    public void Set(int row, string field)
    {
        switch (Values)
        {
            case float[] numbers:
                numbers[row] = (float)(ColumnShape.Number(field) ?? double.NaN);
                break;
            case double[] numbers:
                numbers[row] = ColumnShape.Number(field) ?? double.NaN;
                break;
            case int[] numbers:
                numbers[row] = _kind switch
                {
                    "int" => (int)(ColumnShape.Integer(field) ?? NoInteger),
                    "flag" => field switch { "true" => 1, "false" => 0, _ => NoInteger },
                    _ => field.Length == 0 ? StringTable.None : strings.Of(field),
                };
                break;
        }
    }
}
