namespace PluginLens.Import.Gguf.Types;

/// <summary>One or two bits a weight, or five weights of -1, 0, 1 in a byte.</summary>
internal static class TernaryBlocks
{
    private static ReadOnlySpan<byte> Powers => [1, 3, 9, 27, 81];

    public static void Tq1_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block[52..]);
        Trits(block[..32], 5, scale, values);
        Trits(block[32..48], 5, scale, values[160..]);
        Trits(block[48..52], 4, scale, values[240..]);
    }

    public static void Tq2_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block[64..]);
        for (var e = 0; e < 256; e++)
        {
            values[e] = (((block[(32 * (e / 128)) + (e % 32)] >> (2 * (e % 128 / 32))) & 3) - 1) * scale;
        }
    }

    public static void Q1_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var i = 0; i < 128; i++)
        {
            values[i] = (block[2 + (i / 8)] >> (i % 8) & 1) == 0 ? -scale : scale;
        }
    }

    public static void Q2_0(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var i = 0; i < 64; i++)
        {
            values[i] = (((block[2 + (i / 4)] >> (2 * (i % 4))) & 3) - 1) * scale;
        }
    }

    /// <summary>Trit n of every byte, then trit n + 1: a byte is a fraction of 256, and its trits are that fraction's ternary digits.</summary>
    private static void Trits(ReadOnlySpan<byte> bytes, int digits, float scale, Span<float> values)
    {
        for (var n = 0; n < digits; n++)
        {
            for (var i = 0; i < bytes.Length; i++)
            {
                values[(n * bytes.Length) + i] = (((byte)(bytes[i] * Powers[n]) * 3 >> 8) - 1) * scale;
            }
        }
    }
}
