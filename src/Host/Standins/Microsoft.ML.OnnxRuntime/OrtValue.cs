using Microsoft.ML.OnnxRuntime.Native;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>A tensor that goes into a session or comes out of one. It must be disposed of.</summary>
public unsafe class OrtValue : IDisposable
{
    private const int TensorKind = 1;

    internal OrtValue(ValueHandle handle) => Handle = handle;

    /// <summary>False for a sequence, a map or an optional value.</summary>
    public bool IsTensor
    {
        get
        {
            using var lease = new Lease(Handle);
            int kind;
            Status.Check(OrtApi.GetValueType(lease.Pointer, &kind));
            return kind == TensorKind;
        }
    }

    internal ValueHandle Handle { get; }

    /// <summary>A tensor over memory that the caller owns: nothing is copied, and the memory must outlive the value and every session given it.</summary>
    /// <param name="memInfo">Where the memory lies.</param>
    /// <param name="elementType">The type of the elements.</param>
    /// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
    /// <param name="dataBufferPtr">The first element.</param>
    /// <param name="bufferLengthInBytes">The length of the memory; at least what the shape needs.</param>
    public static OrtValue CreateTensorValueWithData(
        OrtMemoryInfo memInfo, TensorElementType elementType, long[] shape, nint dataBufferPtr, long bufferLengthInBytes) =>
        new(new ValueHandle(CreateOver(memInfo, elementType, shape, (void*)dataBufferPtr, bufferLengthInBytes)));

    /// <summary>A tensor over managed memory, which stays pinned until the value is disposed of.</summary>
    /// <param name="memoryInfo">Where the memory lies.</param>
    /// <param name="memory">The elements; at least as many as the shape needs.</param>
    /// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
    public static OrtValue CreateTensorValueFromMemory<T>(OrtMemoryInfo memoryInfo, Memory<T> memory, long[] shape)
        where T : unmanaged
    {
        var pin = memory.Pin();
        try
        {
            return new OrtValue(new ValueHandle(CreateOver(memoryInfo, Element.TypeOf<T>(), shape, pin.Pointer, (long)memory.Length * sizeof(T)), pin));
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>A tensor over an array, which stays pinned until the value is disposed of.</summary>
    /// <param name="data">The elements; at least as many as the shape needs.</param>
    /// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
    public static OrtValue CreateTensorValueFromMemory<T>(T[] data, long[] shape)
        where T : unmanaged => CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, data.AsMemory(), shape);

    /// <summary>A tensor in memory of its own, which is not cleared.</summary>
    /// <param name="allocator">Where the memory comes from.</param>
    /// <param name="elementType">The type of the elements.</param>
    /// <param name="shape">The dimensions, outermost first; none for a scalar.</param>
    public static OrtValue CreateAllocatedTensorValue(OrtAllocator allocator, TensorElementType elementType, long[] shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        using var lease = new Lease(allocator);
        fixed (long* dimensions = shape)
        {
            nint value;
            Status.Check(OrtApi.CreateTensor(lease.Pointer, dimensions, (nuint)shape.Length, (int)elementType, &value));
            return new OrtValue(new ValueHandle(value));
        }
    }

    /// <summary>The elements, row after row. The span is valid until the value is disposed of.</summary>
    /// <typeparam name="T">The tensor's own element type, or byte.</typeparam>
    public ReadOnlySpan<T> GetTensorDataAsSpan<T>()
        where T : unmanaged => GetTensorMutableDataAsSpan<T>();

    /// <summary>The elements, row after row, to be written. The span is valid until the value is disposed of.</summary>
    /// <typeparam name="T">The tensor's own element type, or byte.</typeparam>
    public Span<T> GetTensorMutableDataAsSpan<T>()
        where T : unmanaged
    {
        var info = GetTensorTypeAndShape();
        var size = Element.SizeOf(info.ElementDataType);
        if (typeof(T) != typeof(byte) && Element.TypeOf<T>() != info.ElementDataType)
        {
            throw new OnnxRuntimeException(
                ErrorCode.InvalidArgument, $"The tensor's elements are of type '{info.ElementDataType}', not '{typeof(T)}'.");
        }

        var length = info.ElementCount * size / sizeof(T);
        if (length > int.MaxValue)
        {
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"The tensor has {info.ElementCount} elements of {size} bytes, more than one span can hold.");
        }

        using var lease = new Lease(Handle);
        void* data;
        Status.Check(OrtApi.GetTensorMutableData(lease.Pointer, &data));
        return new Span<T>(data, (int)length);
    }

    /// <summary>The bytes of the elements, whatever their type.</summary>
    public Span<byte> GetTensorMutableRawData() => GetTensorMutableDataAsSpan<byte>();

    /// <summary>The element type and shape.</summary>
    public OrtTensorTypeAndShapeInfo GetTensorTypeAndShape()
    {
        using var lease = new Lease(Handle);
        nint info;
        Status.Check(OrtApi.GetTensorTypeAndShape(lease.Pointer, &info));
        try
        {
            return new OrtTensorTypeAndShapeInfo(info);
        }
        finally
        {
            OrtApi.ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    /// <summary>Releases the native value, unless a session still needs it: then when that is disposed of.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the native value.</summary>
    /// <param name="disposing">True when called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing) => Handle.Dispose();

    private static nint CreateOver(OrtMemoryInfo memory, TensorElementType type, long[] shape, void* data, long bytes)
    {
        ArgumentNullException.ThrowIfNull(shape);
        var needed = Element.SizeOf(type);
        foreach (var dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            needed = checked(needed * dimension);
        }

        if (needed > bytes)
        {
            throw new OnnxRuntimeException(
                ErrorCode.InvalidArgument, $"The shape [{string.Join(", ", shape)}] needs {needed} bytes; the memory has {bytes}.");
        }

        using var lease = new Lease(memory);
        fixed (long* dimensions = shape)
        {
            nint value;
            Status.Check(OrtApi.CreateTensorWithData(lease.Pointer, data, (nuint)bytes, dimensions, (nuint)shape.Length, (int)type, &value));
            return value;
        }
    }
}
