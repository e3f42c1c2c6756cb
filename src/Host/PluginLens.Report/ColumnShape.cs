using System.Globalization;
using PluginLens.Host;

namespace PluginLens.Report;

/// <summary>How the values of a column are held: told from all of its fields.</summary>
/// <param name="name">Name of the column.</param>
/// <param name="kind">What its values are.</param>
internal sealed class ColumnShape(string name, ColumnKind kind)
{
    private bool _integers = true, _numbers = true, _flags = true, _small = true, _single = true;

    /// <summary>Name of the column.</summary>
    public string Name => name;

    /// <summary>token, flag, int, number or text; text too where a field is none of what it should be (NaN), so that nothing is lost.</summary>
    public string Kind => kind switch
    {
        ColumnKind.Token => "token",
        ColumnKind.Boolean when _flags => "flag",
        ColumnKind.Integer when _integers => "int",
        ColumnKind.Number when _numbers => "number",
        _ => "text",
    };

    /// <summary>Whether 32 bits do for its numbers.</summary>
    public bool IsSmall => Kind == "int" ? _small : _single;

    /// <summary>A whole number as this program writes one; null for anything else.</summary>
    /// <param name="field">A field.</param>
    public static long? Integer(string field) =>
        long.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == field ? number : null;

    /// <summary>A number; null for anything else, NaN and <c>007</c> too.</summary>
    /// <param name="field">A field.</param>
    public static double? Number(string field) => !(field is ['0', >= '0' and <= '9', ..]) &&
        double.TryParse(field, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number) ? number : null;

    /// <summary>Takes a field into account.</summary>
    /// <param name="field">A field; an empty one is none.</param>
    public void Add(string field)
    {
        if (field.Length == 0)
        {
            return;
        }

        _flags = _flags && field is "true" or "false";
        if (_integers)
        {
            var integer = Integer(field);
            _integers = integer is not null;
            _small = _small && integer is > int.MinValue and <= int.MaxValue;
        }

        if (_numbers)
        {
            var number = Number(field);
            _numbers = number is not null;
            _single = _single && (number is null or 0 || !double.IsFinite(number.Value) || Math.Abs(number.Value) is >= 1.2e-38 and <= 3.4e38);
        }
    }
}
