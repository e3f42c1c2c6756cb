using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Blocks of 32 codes with one scale, and a minimum in the types that end in 1.</summary>
internal static class SimpleBlocks
{
    public static void Q4_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = PlainNumbers.Scale(block);
        for (var i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)(Nibble(block[2..], i) - 8);
        }
    }

    public static void Q4_1(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        (scales[0], minima[0]) = (PlainNumbers.Scale(block), PlainNumbers.Scale(block[2..]));
        for (var i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)Nibble(block[4..], i);
        }
    }

    public static void Q5_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = PlainNumbers.Scale(block);
        for (var i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)(Five(block[2..], i) - 16);
        }
    }

    public static void Q5_1(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        (scales[0], minima[0]) = (PlainNumbers.Scale(block), PlainNumbers.Scale(block[2..]));
        for (var i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)Five(block[4..], i);
        }
    }

    public static void Q8_0(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = PlainNumbers.Scale(block);
        for (var i = 0; i < 32; i++)
        {
            codes[i] = (sbyte)block[2 + i];
        }
    }

    /// <summary>Code i of 32 in 16 bytes: the low halves of all bytes, then the high ones.</summary>
    public static int Nibble(ReadOnlySpan<byte> codes, int i) => i < 16 ? codes[i] & 15 : codes[i - 16] >> 4;

    /// <summary>Code i of 32 whose fifth bits stand in four bytes before the nibbles.</summary>
    private static int Five(ReadOnlySpan<byte> codes, int i) =>
        Nibble(codes[4..], i) | ((int)((BinaryPrimitives.ReadUInt32LittleEndian(codes) >> i) & 1) << 4);
}
