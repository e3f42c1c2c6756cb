namespace PluginLens.Import.Recognition;

/// <summary>Keys and values repeated for the queries of a group.</summary>
internal static class Repetition
{
    /// <summary>The first head of each group.</summary>
    /// <param name="dense"><c>[batch, heads, ...]</c>.</param>
    /// <param name="batch">Sequences.</param>
    /// <param name="heads">Heads there are.</param>
    /// <param name="kept">Heads to keep; divides the former.</param>
    public static float[] Remove(float[] dense, int batch, int heads, int kept)
    {
        if (heads == kept || kept == 0 || heads % kept != 0)
        {
            return dense;
        }

        var (size, group) = (dense.Length / (batch * heads), heads / kept);
        var result = new float[batch * kept * size];
        for (var i = 0; i < batch * kept; i++)
        {
            dense.AsSpan(i * group * size, size).CopyTo(result.AsSpan(i * size));
        }

        return result;
    }
}
