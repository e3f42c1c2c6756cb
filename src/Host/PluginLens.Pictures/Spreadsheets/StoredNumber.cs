using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>Numbers as CSV files of runs have them.</summary>
internal static class StoredNumber
{
    /// <summary>Reads one.</summary>
    /// <param name="text">A field.</param>
    /// <param name="number">The number.</param>
    public static bool TryParse(string text, out double number) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
}
