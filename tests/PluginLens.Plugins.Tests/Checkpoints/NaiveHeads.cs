namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>What one head reads from every token, as it is defined.</summary>
internal static class NaiveHeads
{
    /// <summary><c>E W + b</c>; with the norm's gain <c>E diag(w) W + b + b_ln W</c>, <c>[V][d_head]</c>.</summary>
    /// <param name="weights">The model's.</param>
    /// <param name="vocabulary">E.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Query head.</param>
    /// <param name="matrix"><c>Q</c>, <c>K</c> or <c>V</c>.</param>
    /// <param name="biases">Whether biases are added.</param>
    /// <param name="normGain">Whether gain (and bias) of the norm before attention are applied.</param>
    public static double[][] Read(NaiveWeights weights, double[][] vocabulary, int layer, int head, string matrix, bool biases, bool normGain)
    {
        var name = $"blocks.{layer}.attn.W_{matrix}";
        var stored = weights.Stored(name, head);
        var columns = NaiveWeights.Transposed(weights.Head(name, stored));
        var gain = normGain ? weights.Vector($"blocks.{layer}.ln1.w") : null;
        var shift = normGain ? weights.Vector($"blocks.{layer}.ln1.b") : null;
        var bias = weights.Vector($"blocks.{layer}.attn.b_{matrix}");
        var width = columns.Length;
        return Array.ConvertAll(vocabulary, token => Enumerable.Range(0, width).Select(j =>
        {
            double[] column = columns[j];
            var read = Enumerable.Range(0, token.Length).Sum(at => token[at] * (gain?[at] ?? 1) * column[at]);
            return read + (!biases ? 0 : (bias?[(stored * width) + j] ?? 0) + (shift is null ? 0 : NaiveWeights.Dot(shift, column)));
        }).ToArray());
    }

    /// <summary>Rows at one position of rotary halves: pairs (i, i + rotary_dim / 2) turned by <c>position * inv_freq[i]</c>.</summary>
    /// <param name="rows">Queries or keys.</param>
    /// <param name="config">Frequencies and factor.</param>
    /// <param name="position">Position.</param>
    public static double[][] Rotated(double[][] rows, ModelConfig config, int position)
    {
        var half = config.RotaryDim / 2;
        return Array.ConvertAll(rows, row => row.Select((value, at) =>
        {
            if (at >= config.RotaryDim)
            {
                return value;
            }

            var angle = position * config.InvFreq[at % half];
            var other = at < half ? -row[at + half] : row[at - half];
            return config.RopeAttentionFactor * ((value * Math.Cos(angle)) + (other * Math.Sin(angle)));
        }).ToArray());
    }
}
