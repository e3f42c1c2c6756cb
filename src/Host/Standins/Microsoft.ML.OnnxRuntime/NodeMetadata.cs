using Microsoft.ML.OnnxRuntime.Native;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>What a model declares about one of its inputs or outputs.</summary>
public unsafe class NodeMetadata
{
    private const int TensorKind = 1;

    private readonly TensorElementType elementType;
    private readonly int[] dimensions = [];
    private readonly string[] symbolicDimensions = [];

    /// <summary>Reads a native type description and releases it.</summary>
    internal NodeMetadata(nint typeInfo)
    {
        try
        {
            int kind;
            Status.Check(OrtApi.GetOnnxTypeFromTypeInfo(typeInfo, &kind));
            IsTensor = kind == TensorKind;
            if (!IsTensor)
            {
                return;
            }

            nint tensor; // Belongs to typeInfo.
            int type;
            Status.Check(OrtApi.CastTypeInfoToTensorInfo(typeInfo, &tensor));
            Status.Check(OrtApi.GetTensorElementType(tensor, &type));
            elementType = (TensorElementType)type;
            (dimensions, symbolicDimensions) = Shape(tensor);
        }
        finally
        {
            OrtApi.ReleaseTypeInfo(typeInfo);
        }
    }

    /// <summary>False for a sequence, a map or an optional value; the other members then throw.</summary>
    public bool IsTensor { get; }

    /// <summary>The dimensions, outermost first; -1 where the model leaves one open.</summary>
    public int[] Dimensions => Tensor(dimensions);

    /// <summary>The name of each open dimension; empty where it is fixed or has no name.</summary>
    public string[] SymbolicDimensions => Tensor(symbolicDimensions);

    /// <summary>The type of the elements.</summary>
    public TensorElementType ElementDataType => Tensor(elementType);

    private static (int[] Dimensions, string[] Names) Shape(nint tensor)
    {
        nuint rank;
        Status.Check(OrtApi.GetDimensionsCount(tensor, &rank));
        var sizes = new long[(int)rank];
        var names = new nint[(int)rank];
        fixed (long* sizesPointer = sizes)
        fixed (nint* namesPointer = names)
        {
            Status.Check(OrtApi.GetDimensions(tensor, sizesPointer, rank));
            Status.Check(OrtApi.GetSymbolicDimensions(tensor, (byte**)namesPointer, rank));
        }

        return (Array.ConvertAll(sizes, size => checked((int)size)), Array.ConvertAll(names, name => NativeText.Read((byte*)name)));
    }

    private T Tensor<T>(T value) =>
        IsTensor ? value : throw new OnnxRuntimeException(ErrorCode.Fail, "The value is not a tensor; only a tensor has dimensions and an element type.");
}
