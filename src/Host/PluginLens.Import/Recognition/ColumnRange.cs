using PluginLens.Import.Probe;

namespace PluginLens.Import.Recognition;

/// <summary>Neighbouring columns of a linear map: all of them, or a half of a fused one.</summary>
/// <param name="Linear">The map.</param>
/// <param name="Start">First column.</param>
/// <param name="Count">Columns.</param>
internal sealed record ColumnRange(Linear Linear, int Start, int Count)
{
    /// <summary>The columns in the run, <c>[batch * pos, count]</c>.</summary>
    public float[] Values(ProbeRun run) => Cut(run[Linear.Output].Values, Linear.Out);

    /// <summary>The matrix, <c>[in, count]</c>.</summary>
    public float[] Weights(ProbeRun run) => Cut(Linear.Weights(run), Linear.Out);

    /// <summary>The bias, <c>[count]</c>, or null.</summary>
    public float[]? Biases(ProbeRun run) => Linear.Biases(run) is { } biases ? Cut(biases, Linear.Out) : null;

    private float[] Cut(float[] all, int columns)
    {
        if (Count == columns)
        {
            return all;
        }

        var rows = all.Length / columns;
        var cut = new float[rows * Count];
        for (var r = 0; r < rows; r++)
        {
            all.AsSpan((r * columns) + Start, Count).CopyTo(cut.AsSpan(r * Count));
        }

        return cut;
    }
}
