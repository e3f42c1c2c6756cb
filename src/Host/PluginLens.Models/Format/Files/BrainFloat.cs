namespace PluginLens.Models.Format.Files;

/// <summary>The 16 bits of bfloat16: the upper half of a float32.</summary>
internal static class BrainFloat
{
    /// <summary>To the nearest, ties to even.</summary>
    /// <param name="value">A number; finite.</param>
    public static ushort Of(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The number, exactly.</summary>
    /// <param name="bits">The 16 bits.</param>
    public static float Widened(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);
}
