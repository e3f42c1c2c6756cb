using Microsoft.ML.OnnxRuntime.Native;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>The element type and shape of a tensor.</summary>
public unsafe struct OrtTensorTypeAndShapeInfo
{
    internal OrtTensorTypeAndShapeInfo(nint info)
    {
        int type;
        nuint rank;
        nuint count;
        Status.Check(OrtApi.GetTensorElementType(info, &type));
        Status.Check(OrtApi.GetDimensionsCount(info, &rank));
        Status.Check(OrtApi.GetTensorShapeElementCount(info, &count));
        var shape = new long[(int)rank];
        fixed (long* dimensions = shape)
        {
            Status.Check(OrtApi.GetDimensions(info, dimensions, rank));
        }

        ElementDataType = (TensorElementType)type;
        Shape = shape;
        ElementCount = checked((long)count);
    }

    /// <summary>The type of the elements.</summary>
    public TensorElementType ElementDataType { get; }

    /// <summary>How many elements there are.</summary>
    public long ElementCount { get; }

    /// <summary>How many dimensions there are; none for a scalar.</summary>
    public readonly int DimensionsCount => Shape.Length;

    /// <summary>The dimensions, outermost first.</summary>
    public long[] Shape { get; }
}
