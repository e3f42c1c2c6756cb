using System.Buffers.Binary;

namespace PluginLens.Import.Gguf.Types;

/// <summary>About two bits a weight: eight magnitudes at a time from a grid, their signs beside them. Runs of 32 have a scale, or two.</summary>
internal static class Iq2Blocks
{
    private static ReadOnlySpan<byte> Magnitudes => [8, 25, 43, 0];

    public static void Xxs(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 32; group++)
        {
            var run = block.Slice(2 + (8 * (group / 4)), 8);
            var high = BinaryPrimitives.ReadUInt32LittleEndian(run[4..]);
            Eight(Scaled(scale, high >> 28), GridCodes2.Xxs[run[group % 4]], Signs.OfSeven(high >> (7 * (group % 4))), values[(8 * group)..]);
        }
    }

    public static void Xs(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 32; group++)
        {
            var code = BinaryPrimitives.ReadUInt16LittleEndian(block[(2 + (2 * group))..]);
            Eight(Scaled(scale, SubScale(block[66..], group)), GridCodes2.Xs[code & 511], Signs.OfSeven((uint)code >> 9), values[(8 * group)..]);
        }
    }

    public static void S(ReadOnlySpan<byte> block, Span<float> values)
    {
        var scale = PlainNumbers.Scale(block);
        for (var group = 0; group < 32; group++)
        {
            var code = block[2 + group] | ((block[66 + (group / 4)] << (8 - (2 * (group % 4)))) & 0x300);
            Eight(Scaled(scale, SubScale(block[74..], group)), GridCodes2.S[code], block[34 + group], values[(8 * group)..]);
        }
    }

    /// <summary>Four bits for each two groups.</summary>
    private static uint SubScale(ReadOnlySpan<byte> scales, int group) => (uint)(scales[group / 4] >> (4 * (group % 4 / 2))) & 15;

    private static float Scaled(float scale, uint sub) => scale * (0.5f + sub) * 0.25f;

    private static void Eight(float scale, int codes, int signs, Span<float> values)
    {
        for (var i = 0; i < 8; i++)
        {
            values[i] = scale * Magnitudes[(codes >> (2 * i)) & 3] * Signs.Of(signs, i);
        }
    }
}
