using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime.Native;

/// <summary>Which managed type stands for which element type, and how many bytes an element takes.</summary>
internal static class Element
{
    internal static TensorElementType TypeOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Single => TensorElementType.Float,
        TypeCode.Double => TensorElementType.Double,
        TypeCode.Byte => TensorElementType.UInt8,
        TypeCode.SByte => TensorElementType.Int8,
        TypeCode.UInt16 => TensorElementType.UInt16,
        TypeCode.Int16 => TensorElementType.Int16,
        TypeCode.UInt32 => TensorElementType.UInt32,
        TypeCode.Int32 => TensorElementType.Int32,
        TypeCode.UInt64 => TensorElementType.UInt64,
        TypeCode.Int64 => TensorElementType.Int64,
        TypeCode.Boolean => TensorElementType.Bool,
        _ => throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"No tensor has elements of the managed type '{typeof(T)}'."),
    };

    internal static long SizeOf(TensorElementType type) => type switch
    {
        TensorElementType.UInt8 or TensorElementType.Int8 or TensorElementType.Bool => 1,
        TensorElementType.UInt16 or TensorElementType.Int16 or TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        _ => throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"The memory of a tensor of type '{type}' cannot be read or given directly."),
    };
}
