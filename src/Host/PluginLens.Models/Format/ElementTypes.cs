using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format;

/// <summary>The element types of ONNX that an importer meets, by their numbers in the format.</summary>
internal static class ElementTypes
{
    public const int Float = 1;
    public const int UInt8 = 2;
    public const int Int8 = 3;
    public const int Int32 = 6;
    public const int Int64 = 7;
    public const int Bool = 9;
    public const int Float16 = 10;
    public const int Double = 11;
    public const int BFloat16 = 16;

    private static readonly Dictionary<int, (string Name, int Bits)> Known = new()
    {
        [1] = ("float32", 32), [2] = ("uint8", 8), [3] = ("int8", 8), [4] = ("uint16", 16), [5] = ("int16", 16), [6] = ("int32", 32), [7] = ("int64", 64),
        [9] = ("bool", 8), [10] = ("float16", 16), [11] = ("float64", 64), [12] = ("uint32", 32), [13] = ("uint64", 64), [16] = ("bfloat16", 16),
        [17] = ("float8e4m3fn", 8), [18] = ("float8e4m3fnuz", 8), [19] = ("float8e5m2", 8), [20] = ("float8e5m2fnuz", 8), [21] = ("uint4", 4), [22] = ("int4", 4),
    };

    public static bool IsFloat(int type) => type is Float or Float16 or BFloat16 or Double;

    public static bool IsHalf(int type) => type is Float16 or BFloat16;

    public static string Name(int type) => Known.TryGetValue(type, out var known) ? known.Name : $"element type {type}";

    /// <summary>Bytes of a tensor in raw form; null for types without a fixed size (strings).</summary>
    public static long? Bytes(int type, long elements) => Known.TryGetValue(type, out var known) ? (elements * known.Bits + 7) / 8 : null;

    /// <summary>The tensor's size, or an error where its dimensions are negative or overflow.</summary>
    public static long Elements(string name, IEnumerable<long> dims)
    {
        long elements = 1;
        foreach (var dim in dims)
        {
            if (dim < 0 || (dim > 0 && elements > long.MaxValue / 64 / dim))
            {
                throw new ModelException($"Tensor '{name}' has the shape [{string.Join(", ", dims)}], which no tensor can have; export the model again.");
            }

            elements *= dim;
        }

        return elements;
    }

    /// <summary>Entries in the typed field that may hold a tensor's data instead of raw_data.</summary>
    public static int TypedEntries(TensorProto tensor) => tensor.DataType switch
    {
        Float => tensor.FloatData.Count,
        Int64 => tensor.Int64Data.Count,
        Double => tensor.DoubleData.Count,
        12 or 13 => tensor.Uint64Data.Count,
        _ => tensor.Int32Data.Count,
    };

    /// <summary>Raw bytes, little endian.</summary>
    public static ByteString Raw<T>(T[] values)
        where T : unmanaged => ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values));
}
