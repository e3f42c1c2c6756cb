namespace PluginLens.Import.Probe;

/// <summary>One batch of token sequences of equal length to run a model on.</summary>
/// <param name="Batch">Sequences.</param>
/// <param name="Length">Tokens in each.</param>
/// <param name="Ids">Token ids, <c>[batch, pos]</c>.</param>
/// <param name="Mask">1 for tokens, 0 for padding, <c>[batch, pos]</c>.</param>
/// <param name="Types">Token types, <c>[batch, pos]</c>.</param>
internal sealed record TokenBatch(int Batch, int Length, long[] Ids, long[] Mask, long[] Types)
{
    /// <summary>Scattered ids that are the same on every machine.</summary>
    /// <param name="batch">Sequences.</param>
    /// <param name="length">Tokens in each.</param>
    /// <param name="vocabulary">Ids are below this.</param>
    /// <param name="types">Number of token types.</param>
    /// <param name="padded">How many tokens at the end of the last sequence are padding.</param>
    public static TokenBatch Scattered(int batch, int length, int vocabulary, int types = 1, int padded = 0)
    {
        var ids = new long[batch * length];
        ulong state = 0x9E3779B97F4A7C15UL + (ulong)length;
        for (var i = 0; i < ids.Length; i++)
        {
            state = unchecked((state * 6364136223846793005UL) + 1442695040888963407UL);
            // The lowest ids are often padding, which some models treat apart.
            ids[i] = vocabulary > 16 ? 8 + (long)((state >> 33) % (ulong)(vocabulary - 8)) : (long)((state >> 33) % (ulong)vocabulary);
        }

        var mask = Enumerable.Repeat(1L, ids.Length).ToArray();
        Array.Fill(mask, 0, ids.Length - padded, padded);
        var kinds = Enumerable.Range(0, ids.Length).Select(i => (long)(i % length * types / length)).ToArray();
        return new TokenBatch(batch, length, ids, mask, kinds);
    }
}
