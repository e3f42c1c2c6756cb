using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Four-bit codes that stand for sixteen uneven steps.</summary>
internal static class Iq4Blocks
{
    private static ReadOnlySpan<sbyte> Steps => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    public static void Nl(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var i = 0; i < 32; i++)
        {
            values[i] = scale * Steps[SimpleBlocks.Nibble(block[2..], i)];
        }
    }

    public static void Xs(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        var high = BinaryPrimitives.ReadUInt16LittleEndian(block[2..]);
        for (var e = 0; e < 256; e++)
        {
            var run = e / 32;
            var sub = ((block[4 + (run / 2)] >> (4 * (run % 2))) & 15) | (((high >> (2 * run)) & 3) << 4);
            values[e] = scale * (sub - 32) * Steps[SimpleBlocks.Nibble(block.Slice(8 + (16 * run), 16), e % 32)];
        }
    }
}
