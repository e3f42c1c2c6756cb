using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf.Types;

/// <summary>Types without blocks: numbers one after the other, as many as there are.</summary>
internal static class PlainNumbers
{
    public static void Float32(ReadOnlySpan<byte> block, Span<float> values) => MemoryMarshal.Cast<byte, float>(block).CopyTo(values);

    public static void Float16(ReadOnlySpan<byte> block, Span<float> values) => TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(block), values);

    public static void BFloat16(ReadOnlySpan<byte> block, Span<float> values)
    {
        var numbers = MemoryMarshal.Cast<byte, ushort>(block);
        for (var i = 0; i < numbers.Length; i++)
        {
            values[i] = BrainFloat.Widened(numbers[i]);
        }
    }

    public static void Float64(ReadOnlySpan<byte> block, Span<float> values) => Convert<double>(block, values);

    public static void Int8(ReadOnlySpan<byte> block, Span<float> values) => Convert<sbyte>(block, values);

    public static void Int16(ReadOnlySpan<byte> block, Span<float> values) => Convert<short>(block, values);

    public static void Int32(ReadOnlySpan<byte> block, Span<float> values) => Convert<int>(block, values);

    public static void Int64(ReadOnlySpan<byte> block, Span<float> values) => Convert<long>(block, values);

    /// <summary>A half-precision number, widened: what every block's scale is.</summary>
    public static float Scale(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadHalfLittleEndian(bytes);

    private static void Convert<T>(ReadOnlySpan<byte> block, Span<float> values)
        where T : unmanaged, System.Numerics.INumberBase<T> => TensorPrimitives.ConvertTruncating<T, float>(MemoryMarshal.Cast<byte, T>(block), values);
}
