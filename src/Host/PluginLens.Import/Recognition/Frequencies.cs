using PluginLens.Models.Format;

namespace PluginLens.Import.Recognition;

/// <summary>Rotary frequencies, from the tables of a short run to the exact numbers that the model was made with.</summary>
internal static class Frequencies
{
    private const double Tolerance = 2e-5;
    private const double HalfTolerance = 2e-3;

    /// <summary>Angle per position of one column, unwrapped from position to position.</summary>
    public static double FromAngles(float[][] cos, float[][] sin, int column)
    {
        double frequency = Math.Atan2(sin[1][column], cos[1][column]);
        frequency = frequency < 0 ? frequency + (2 * Math.PI) : frequency;
        for (var p = 2; p < cos.Length; p++)
        {
            var angle = Math.Atan2(sin[p][column], cos[p][column]);
            var turns = Math.Round(((frequency * p) - angle) / (2 * Math.PI));
            frequency = (angle + (turns * 2 * Math.PI)) / p;
        }

        return frequency;
    }

    /// <summary>
    /// The exact frequencies where they can be found: a constant of the graph with these values, or the powers of a base that gives them.
    /// A small error here grows with the position.
    /// </summary>
    public static double[] Exact(Reading reading, double[] measured)
    {
        var tolerance = reading.Model.HasHalves ? HalfTolerance : Tolerance;
        // In half precision the constant is rounded itself: there the formula that it was rounded from comes first.
        return reading.Model.HasHalves
            ? Powers(measured, tolerance) ?? Constant(reading, measured, tolerance) ?? measured
            : Constant(reading, measured, tolerance) ?? Powers(measured, tolerance) ?? measured;
    }

    private static double[]? Constant(Reading reading, double[] measured, double tolerance) => reading.Model.Constants
        .Where(c => c.Value.Elements == measured.Length && ElementTypes.IsFloat(c.Value.Type))
        .Select(c => Array.ConvertAll(reading.Run[c.Key].Values, v => (double)v))
        .FirstOrDefault(values => Near(values, measured, tolerance));

    /// <summary>inv_freq[i] = base^(-i / n): the last frequency gives the base, which is a round number.</summary>
    private static double[]? Powers(double[] measured, double tolerance)
    {
        var n = measured.Length;
        var guess = n > 1 ? Math.Pow(measured[n - 1], -(double)n / (n - 1)) : 1;
        foreach (var digits in Enumerable.Range(1, 5))
        {
            var scale = Math.Pow(10, Math.Floor(Math.Log10(guess)) - digits + 1);
            var rounded = (float)(Math.Round(guess / scale) * scale);
            double[] powers = [.. Enumerable.Range(0, n).Select(i => (double)(1f / MathF.Pow(rounded, (float)i / n)))];
            if (Near(powers, measured, tolerance))
            {
                return powers;
            }
        }

        return null;
    }

    private static bool Near(double[] values, double[] measured, double tolerance) =>
        values.Zip(measured).All(p => Math.Abs(p.First - p.Second) <= tolerance * Math.Abs(p.Second));
}
