namespace PluginLens.Models;

/// <summary>How far apart two tensors are.</summary>
internal static class Deviation
{
    /// <summary>Largest difference relative to the largest finite entry of the second; entries that are the same infinity agree.</summary>
    /// <param name="found">Values.</param>
    /// <param name="expected">Values to compare with, as many.</param>
    public static double Of(ReadOnlySpan<float> found, ReadOnlySpan<float> expected)
    {
        double difference = 0, largest = 0;
        for (var at = 0; at < expected.Length; at++)
        {
            (difference, largest) = (Larger(difference, found[at], expected[at]), Larger(largest, expected[at]));
        }

        return Relative(difference, largest);
    }

    /// <summary>The same against float64 values.</summary>
    /// <param name="found">Values.</param>
    /// <param name="expected">Values to compare with, as many.</param>
    public static double Of(ReadOnlySpan<float> found, ReadOnlySpan<double> expected)
    {
        double difference = 0, largest = 0;
        for (var at = 0; at < expected.Length; at++)
        {
            (difference, largest) = (Larger(difference, found[at], expected[at]), Larger(largest, expected[at]));
        }

        return Relative(difference, largest);
    }

    private static double Relative(double difference, double largest) => difference == 0 ? 0 : difference / Math.Max(largest, double.Epsilon);

    private static double Larger(double difference, double x, double y)
    {
        var here = x == y ? 0 : Math.Abs(x - y);
        return double.IsNaN(here) || here > difference ? (double.IsNaN(here) ? double.PositiveInfinity : here) : difference;
    }

    private static double Larger(double largest, double x) => double.IsFinite(x) ? Math.Max(largest, Math.Abs(x)) : largest;
}
