namespace PluginLens.Onnx.Import.Recognition;

/// <summary>Rotary frequencies, from the tables of a short run to the exact numbers that the model was made with.</summary>
internal static class Frequencies
{
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
        foreach (var name in reading.Run.ConstantNames.Where(n => reading.Model.Constants[n].Elements == measured.Length && reading.Model.Constants[n].Type is 1 or 10 or 16))
        {
            var values = Array.ConvertAll(reading.Run[name].Values, v => (double)v);
            if (Near(values, measured))
            {
                return values;
            }
        }

        if (measured.Length < 2)
        {
            return [.. measured.Select(f => Math.Abs(f - 1) < 1e-5 ? 1 : f)];
        }

        // inv_freq[i] = base^(-i / n): the last frequency gives the base, which is a round number.
        var n = measured.Length;
        var guess = Math.Pow(measured[n - 1], -(double)n / (n - 1));
        foreach (var digits in new[] { 1, 2, 3, 4, 5 })
        {
            var scale = Math.Pow(10, Math.Floor(Math.Log10(guess)) - digits + 1);
            var rounded = Math.Round(guess / scale) * scale;
            double[] powers = [.. Enumerable.Range(0, n).Select(i => (double)(1f / MathF.Pow((float)rounded, (float)i / n)))];
            if (Near(powers, measured))
            {
                return powers;
            }
        }

        return measured;
    }

    private static bool Near(double[] values, double[] measured) =>
        values.Zip(measured).All(p => Math.Abs(p.First - p.Second) <= 2e-5 * Math.Abs(p.Second));
}
