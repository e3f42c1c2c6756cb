using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>About three bits a weight: four magnitudes at a time from a grid, their signs beside them. Runs of 32 have a scale.</summary>
internal static class Iq3Blocks
{
    private static ReadOnlySpan<byte> Magnitudes => [4, 12, 20, 28, 36, 44, 52, 62];

    public static void Xxs(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 64; group++)
        {
            var tail = BinaryPrimitives.ReadUInt32LittleEndian(block[(66 + (4 * (group / 8)))..]);
            var signs = Signs.OfSeven(tail >> (7 * (group % 8 / 2))) >> (4 * (group % 2));
            var sub = scale * (0.5f + (tail >> 28)) * 0.5f;
            for (var i = 0; i < 4; i++)
            {
                values[(4 * group) + i] = sub * Magnitudes[(GridCodes3.Xxs[block[2 + group]] >> (3 * i)) & 7] * Signs.Of(signs, i);
            }
        }
    }

    public static void S(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 64; group++)
        {
            var code = block[2 + group] | ((block[66 + (group / 8)] << (8 - (group % 8))) & 256);
            var signs = block[74 + (group / 2)] >> (4 * (group % 2));
            var sub = scale * (1 + (2 * ((block[106 + (group / 16)] >> (4 * (group % 16 / 8))) & 15)));
            for (var i = 0; i < 4; i++)
            {
                values[(4 * group) + i] = sub * ((2 * ((GridCodes3.S[code] >> (3 * i)) & 7)) + 1) * Signs.Of(signs, i);
            }
        }
    }
}
