using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>Round numbers along an axis, and how they are written.</summary>
/// <param name="least">Lowest value of the axis.</param>
/// <param name="most">Highest value.</param>
/// <param name="count">About how many.</param>
internal sealed class Ticks(double least, double most, int count = 5)
{
    private readonly double _step = Step(least, most, count);

    /// <summary>The numbers, ascending.</summary>
    public IEnumerable<double> Values
    {
        get
        {
            // An axis of one number, or of numbers so near each other that their steps are lost in rounding.
            if (_step <= 0 || Math.Max(Math.Abs(least), Math.Abs(most)) / _step > 1e12)
            {
                return least == most ? [least] : [least, most];
            }

            var first = Math.Ceiling((least / _step) - 1e-9);
            return Enumerable.Range(0, (int)Math.Floor((most / _step) + 1e-9 - first) + 1).Select(at => (first + at) * _step);
        }
    }

    /// <summary>How a number of the axis is written.</summary>
    /// <param name="value">The number.</param>
    public string Text(double value)
    {
        if (Math.Abs(value) < _step / 1e6)
        {
            return "0";
        }

        var size = Math.Max(Math.Abs(least), Math.Abs(most));
        if (_step <= 0)
        {
            return value.ToString("G4", CultureInfo.InvariantCulture);
        }

        var decimals = Math.Max(0, (int)-Math.Floor(Math.Log10(_step) + 1e-9));
        return size >= 1e5 || decimals > 4
            ? value.ToString($"0.{new string('#', Math.Clamp((int)(Math.Floor(Math.Log10(size)) + decimals), 0, 8))}e0", CultureInfo.InvariantCulture)
            : value.ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }

    /// <summary>1, 2 or 5 times a power of ten.</summary>
    private static double Step(double least, double most, int count)
    {
        var rough = (most - least) / count;
        if (!(rough > 0) || !double.IsFinite(rough))
        {
            return 0;
        }

        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        return power * ((rough / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 });
    }
}
