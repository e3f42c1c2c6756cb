namespace PluginLens.Import.Recognition;

/// <summary>Reads scale and mask of an attention from its scores and pattern in the run.</summary>
/// <param name="scores">Softmax input, <c>[maps, pos, key_pos]</c>.</param>
/// <param name="pattern">Softmax output, same shape.</param>
/// <param name="maps">Batch times heads.</param>
/// <param name="length">Tokens.</param>
internal sealed class PatternReading(float[] scores, float[] pattern, int maps, int length)
{
    private const double Tolerance = 1e-3;

    /// <summary>The number by which q·k is divided where tokens see each other, or null where scores are something else.</summary>
    /// <param name="q"><c>[batch, heads, pos, d_head]</c>.</param>
    /// <param name="k"><c>[batch, key-value heads, pos, d_head]</c>.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="keyHeads">Key-value heads.</param>
    /// <param name="width">d_head.</param>
    public double? Scale(float[] q, float[] k, int heads, int keyHeads, int width)
    {
        var raw = new double[scores.Length];
        double products = 0, squares = 0, largest = 0;
        for (var map = 0; map < maps; map++)
        {
            var keyMap = (map / heads * keyHeads) + (map % heads / (heads / keyHeads));
            for (var at = map * length * length; at < (map + 1) * length * length; at++)
            {
                var (i, j) = (at / length % length, at % length);
                for (var e = 0; e < width; e++)
                {
                    raw[at] += (double)q[(((map * length) + i) * width) + e] * k[(((keyMap * length) + j) * width) + e];
                }

                if (pattern[at] != 0)
                {
                    products += raw[at] * scores[at];
                    squares += raw[at] * raw[at];
                    largest = Math.Max(largest, Math.Abs(scores[at]));
                }
            }
        }

        var factor = products / squares;
        for (var at = 0; at < raw.Length; at++)
        {
            if (pattern[at] != 0 && !(Math.Abs((factor * raw[at]) - scores[at]) <= Tolerance * largest))
            {
                return null;
            }
        }

        return Snap(1 / factor, width);
    }

    /// <summary>Whether later tokens are hidden, and how far back is seen; null for any other mask.</summary>
    public (bool IsCausal, int? Window)? Visible()
    {
        var seen = Enumerable.Range(0, length * length).Select(at => Enumerable.Range(0, maps).Any(m => pattern[(m * length * length) + at] != 0)).ToArray();
        if (seen.All(s => s))
        {
            // One token alone shows nothing.
            return (false, null);
        }

        var window = Enumerable.Range(0, length).Max(i => Enumerable.Range(0, i + 1).Where(j => seen[(i * length) + j]).Select(j => i - j + 1).DefaultIfEmpty(0).Max());
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < length; j++)
            {
                if (seen[(i * length) + j] != (j <= i && j > i - window))
                {
                    return null;
                }
            }
        }

        return (true, window < length ? window : null);
    }

    /// <summary>Measured numbers become the root of d_head or of another whole number, or 1, where they are that within rounding.</summary>
    /// <param name="measured">By what scores are divided.</param>
    /// <param name="width">d_head.</param>
    public static double Snap(double measured, int width)
    {
        foreach (var (square, tolerance) in new[] { (width, 1e-4), (1, 1e-4), (Math.Round(measured * measured), 1e-6) })
        {
            if (square is > 0 and < 1e5 && Math.Abs((measured / Math.Sqrt(square)) - 1) < tolerance)
            {
                return Math.Sqrt(square);
            }
        }

        return measured;
    }
}
