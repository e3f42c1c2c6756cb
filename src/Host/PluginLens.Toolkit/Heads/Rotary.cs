namespace PluginLens.Toolkit;

/// <summary>The rotation that rotary positions apply to q and k, for a relative offset between them.</summary>
public static class Rotary
{
    /// <summary>
    /// Rotates each row by <paramref name="position"/> positions in place. Since q at m and k at n meet only through m - n,
    /// rotating q by r and k by 0 gives the score at offset r = m - n.
    /// </summary>
    /// <param name="rows">Queries or keys, <c>n x d_head</c>, row-major.</param>
    /// <param name="config">Frequencies, rotated dimensions and factor.</param>
    /// <param name="position">Any integer.</param>
    public static void Rotate(Span<float> rows, ModelConfig config, int position)
    {
        var half = config.RotaryDim / 2;
        var (cos, sin) = (new double[half], new double[half]);
        for (var pair = 0; pair < half; pair++)
        {
            cos[pair] = Math.Cos(position * config.InvFreq[pair]) * config.RopeAttentionFactor;
            sin[pair] = Math.Sin(position * config.InvFreq[pair]) * config.RopeAttentionFactor;
        }

        for (var start = 0; start < rows.Length; start += config.DHead)
        {
            for (var pair = 0; pair < half; pair++)
            {
                var first = start + (config.RotaryAdjacentPairs ? 2 * pair : pair);
                var second = config.RotaryAdjacentPairs ? first + 1 : first + half;
                var (x, y) = (rows[first], rows[second]);
                rows[first] = (float)((x * cos[pair]) - (y * sin[pair]));
                rows[second] = (float)((y * cos[pair]) + (x * sin[pair]));
            }
        }
    }
}
