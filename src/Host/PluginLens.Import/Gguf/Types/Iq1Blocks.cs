using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Under two bits a weight: eight values of -1, 0, 1 at a time from a grid, moved up or down by an eighth.</summary>
internal static class Iq1Blocks
{
    private const float Shift = 0.125f;

    public static void S(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 32; group++)
        {
            var high = BinaryPrimitives.ReadUInt16LittleEndian(block[(34 + (2 * (group / 4)))..]);
            var code = block[2 + group] | (((high >> (3 * (group % 4))) & 7) << 8);
            Eight(scale * ((2 * ((high >> 12) & 7)) + 1), code, (high & 0x8000) == 0 ? Shift : -Shift, values[(8 * group)..]);
        }
    }

    /// <summary>The block's scale is cut into four, the highest four bits of each sub-scale's word.</summary>
    public static void M(ReadOnlySpan<byte> block, Span<float> values)
    {
        var bits = 0;
        for (var word = 0; word < 4; word++)
        {
            bits |= Word(block, word) >> 12 << (4 * word);
        }

        var scale = (float)BitConverter.UInt16BitsToHalf((ushort)bits);
        for (var group = 0; group < 32; group++)
        {
            var high = block[32 + (group / 2)] >> (4 * (group % 2));
            var sub = (Word(block, group / 8) >> (3 * (group % 8 / 2))) & 7;
            Eight(scale * ((2 * sub) + 1), block[group] | ((high & 7) << 8), (high & 8) == 0 ? Shift : -Shift, values[(8 * group)..]);
        }
    }

    private static int Word(ReadOnlySpan<byte> block, int word) => BinaryPrimitives.ReadUInt16LittleEndian(block[(48 + (2 * word))..]);

    private static void Eight(float scale, int code, float shift, Span<float> values)
    {
        for (var i = 0; i < 8; i++)
        {
            values[i] = scale * (((GridCodes1.S[code] >> (2 * i)) & 3) - 1 + shift);
        }
    }
}
