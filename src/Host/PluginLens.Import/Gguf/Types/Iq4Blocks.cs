using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Four-bit codes that stand for sixteen uneven steps.</summary>
internal static class Iq4Blocks
{
    private static ReadOnlySpan<sbyte> Steps => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static void Nl(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        scales[0] = PlainNumbers.Scale(block);
        for (var i = 0; i < 32; i++)
        {
            codes[i] = Steps[SimpleBlocks.Nibble(block[2..], i)];
        }
    }

    public static void Xs(ReadOnlySpan<byte> block, Span<sbyte> codes, Span<float> scales, Span<float> minima)
    {
        var scale = PlainNumbers.Scale(block);
        var high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (var run = 0; run < 8; run++)
        {
            var sub = ((block[4 + (run / 2)] >> (4 * (run % 2))) & 15) | (((high >> (2 * run)) & 3) << 4);
            scales[run] = scale * (sub - 32);
            for (var i = 0; i < 32; i++)
            {
                codes[(32 * run) + i] = Steps[SimpleBlocks.Nibble(block.Slice(8 + (16 * run), 16), i)];
            }
        }
    }
}
