namespace PluginLens.Import.Gguf.Types;

/// <summary>
/// The K types: 256 codes, a scale (and a minimum) for all, and small integers that scale runs of 16 or 32 of them. e counts the codes; half, j and l are
/// its two highest places: code e stands in byte 32·half + l of the low bits, at place j.
/// </summary>
internal static class SuperBlocks
{
    public static void Q2_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        var (scale, minimum) = (PlainNumbers.Scale(block[80..]), PlainNumbers.Scale(block[82..]));
        for (var e = 0; e < 256; e++)
        {
            var (half, j, l) = Place(e);
            codes[e] = (sbyte)((block[16 + (32 * half) + l] >> (2 * j)) & 3);
        }

        for (var run = 0; run < 16; run++)
        {
            (scales[run], minima[run]) = (scale * (block[run] & 15), -(minimum * (block[run] >> 4)));
        }
    }

    public static void Q3_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        var scale = PlainNumbers.Scale(block[108..]);
        for (var e = 0; e < 256; e++)
        {
            var (half, j, l) = Place(e);
            codes[e] = (sbyte)(((block[32 + (32 * half) + l] >> (2 * j)) & 3) - ((block[l] >> ((4 * half) + j) & 1) == 0 ? 4 : 0));
        }

        for (var run = 0; run < 16; run++)
        {
            scales[run] = scale * SixBits(block[96..], run);
        }
    }

    public static void Q4_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        for (var e = 0; e < 256; e++)
        {
            var run = e / 32;
            codes[e] = (sbyte)((block[16 + (32 * (run / 2)) + (e % 32)] >> (4 * (run % 2))) & 15);
        }

        EightRuns(block, scales, minima);
    }

    public static void Q5_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        for (var e = 0; e < 256; e++)
        {
            var run = e / 32;
            codes[e] = (sbyte)(((block[48 + (32 * (run / 2)) + (e % 32)] >> (4 * (run % 2))) & 15) | (((block[16 + (e % 32)] >> run) & 1) << 4));
        }

        EightRuns(block, scales, minima);
    }

    public static void Q6_K(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        var scale = PlainNumbers.Scale(block[208..]);
        for (var e = 0; e < 256; e++)
        {
            var (half, j, l) = Place(e);
            var low = (block[(64 * half) + (32 * (j % 2)) + l] >> (4 * (j / 2))) & 15;
            var high = (block[128 + (32 * half) + l] >> (2 * j)) & 3;
            codes[e] = (sbyte)((low | (high << 4)) - 32);
        }

        for (var run = 0; run < 16; run++)
        {
            scales[run] = scale * (sbyte)block[192 + run];
        }
    }

    /// <summary>Scales and minima of Q4_K and Q5_K. A minimum is subtracted there: adding its negative gives the same bits.</summary>
    private static void EightRuns(ReadOnlySpan<byte> block, Span<float> scales, Span<float> minima)
    {
        var (scale, minimum) = (PlainNumbers.Scale(block), PlainNumbers.Scale(block[2..]));
        for (var run = 0; run < 8; run++)
        {
            var (sub, low) = ScaleAndMinimum(block[4..], run);
            (scales[run], minima[run]) = (scale * sub, -(minimum * low));
        }
    }

    private static (int Half, int J, int L) Place(int e) => (e / 128, e % 128 / 32, e % 32);

    /// <summary>Scale i of Q3_K: four low bits in the first eight bytes, two high bits in the last four, minus 32.</summary>
    private static int SixBits(ReadOnlySpan<byte> s, int i) => (((s[i % 8] >> (4 * (i / 8))) & 15) | (((s[8 + (i % 4)] >> (2 * (i / 4))) & 3) << 4)) - 32;

    /// <summary>Scale and minimum of run b: six bits each, packed into twelve bytes.</summary>
    private static (int Scale, int Minimum) ScaleAndMinimum(ReadOnlySpan<byte> s, int b) => b < 4
        ? (s[b] & 63, s[b + 4] & 63)
        : ((s[b + 4] & 15) | (s[b - 4] >> 6 << 4), (s[b + 4] >> 4) | (s[b] >> 6 << 4));
}
