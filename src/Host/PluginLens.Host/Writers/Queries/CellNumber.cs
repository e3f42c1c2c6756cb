using System.Globalization;

namespace PluginLens.Host;

/// <summary>Numbers of cells as conditions and orders see them.</summary>
internal static class CellNumber
{
    /// <summary>The number in a cell; of free text what it can be read as. Null where there is none: tokens and truth values have none.</summary>
    /// <param name="column">The column.</param>
    /// <param name="row">The row.</param>
    public static double? Of(Column column, object row) => column.Get(row) switch
    {
        int number => number,
        long number => number,
        double number => number,

        // As it is printed: 0.1f is 0.1, and no more than 0.1.
        float number => float.IsFinite(number) ? double.Parse(number.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : number,
        string text when column.Kind == ColumnKind.Text && TryParse(text, out var number) => number,
        _ => null,
    };

    /// <summary>A number as people and CSV files write it.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="number">What it is.</param>
    public static bool TryParse(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number) && !double.IsNaN(number);
}
