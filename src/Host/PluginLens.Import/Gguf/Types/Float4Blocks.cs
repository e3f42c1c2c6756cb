namespace PluginLens.Import.Gguf.Types;

/// <summary>Four-bit floats (a sign, two bits of exponent, one of fraction), here doubled to integers; the half is in the scale.</summary>
internal static class Float4Blocks
{
    private static ReadOnlySpan<sbyte> Doubled => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    public static void Mxfp4(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = HalfOfPower(block[0]);
        for (var i = 0; i < 32; i++)
        {
            values[i] = Doubled[SimpleBlocks.Nibble(block[1..], i)] * scale;
        }
    }

    /// <summary>Four runs of 16, each with a scale in a byte.</summary>
    public static void Nvfp4(ReadOnlySpan<byte> block, Span<float> values)
    {
        for (var i = 0; i < 64; i++)
        {
            var codes = block.Slice(4 + (8 * (i / 16)), 8);
            var code = i % 16 < 8 ? codes[i % 8] & 15 : codes[i % 8] >> 4;
            values[i] = Doubled[code] * HalfOfEightBits(block[i / 16]);
        }
    }

    /// <summary>Half of 2 to the power of (exponent - 127); below the smallest normal number its bit moves through the fraction.</summary>
    private static float HalfOfPower(int exponent) =>
        BitConverter.UInt32BitsToSingle(exponent < 2 ? 0x00200000u << exponent : (uint)(exponent - 1) << 23);

    /// <summary>Half of an eight-bit float without sign: four bits of exponent, three of fraction. 0x7F is not a number there, and 0 in ggml.</summary>
    private static float HalfOfEightBits(byte bits)
    {
        var (exponent, fraction) = ((bits >> 3) & 15, bits & 7);
        return bits is 0 or 0x7F ? 0
            : exponent == 0 ? fraction * MathF.ScaleB(1, -10)
            : MathF.ScaleB(8 + fraction, exponent - 11);
    }
}
