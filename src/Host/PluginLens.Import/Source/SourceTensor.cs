using System.Runtime.InteropServices;
using PluginLens.Files;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>A constant of the source graph: an initializer or the value of a Constant node. Its data are read when asked for.</summary>
internal sealed class SourceTensor
{
    private readonly TensorProto _proto;
    private readonly ExternalData? _external;

    private SourceTensor(TensorProto proto, ExternalData? external)
    {
        (_proto, _external) = (proto, external);
        Shape = [.. proto.Dims];
        Elements = ElementTypes.Elements(proto.Name, proto.Dims);
    }

    public string Name => _proto.Name;

    public int Type => _proto.DataType;

    public long[] Shape { get; }

    public long Elements { get; }

    public string? File => _external?.File;

    /// <summary>Whether the data stand in the field of their type instead of raw_data or another file.</summary>
    private bool IsTyped => _external is null && _proto.RawData.IsEmpty;

    /// <summary>Checks that a tensor's data are there and of the right length, without reading them.</summary>
    public static SourceTensor Of(TensorProto proto, string model)
    {
        var elements = ElementTypes.Elements(proto.Name, proto.Dims);
        var expected = ElementTypes.Bytes(proto.DataType, elements);
        if (proto.DataLocation == TensorProto.Types.DataLocation.External)
        {
            return new SourceTensor(proto, ExternalData.Of(proto, model, expected));
        }

        var shape = $"shape [{string.Join(", ", proto.Dims)}] {ElementTypes.Name(proto.DataType)}";
        if (proto.RawData.Length > 0 || ElementTypes.TypedEntries(proto) == 0)
        {
            if (expected is { } bytes && proto.RawData.Length != bytes)
            {
                throw new ModelException($"Tensor '{proto.Name}' has {proto.RawData.Length} bytes of data for {shape} ({bytes}); export the model again.");
            }
        }
        else if (ElementTypes.Bytes(proto.DataType, 2) != 1 && ElementTypes.TypedEntries(proto) != elements)
        {
            throw new ModelException($"Tensor '{proto.Name}' has {ElementTypes.TypedEntries(proto)} values for {shape} ({elements}); export the model again.");
        }

        return new SourceTensor(proto, null);
    }

    /// <summary>The values as float32, halves widened exactly; row-major.</summary>
    public float[] Floats() => Type switch
    {
        ElementTypes.Float when IsTyped => [.. _proto.FloatData],
        ElementTypes.Float => Cast<float>(),
        ElementTypes.Double => Array.ConvertAll(IsTyped ? [.. _proto.DoubleData] : Cast<double>(), v => (float)v),
        ElementTypes.Float16 => Restored(Array.ConvertAll(Halves(), bits => (float)BitConverter.UInt16BitsToHalf(bits)), v => (float)(Half)v),
        ElementTypes.BFloat16 => Restored(Array.ConvertAll(Halves(), BrainFloat.Widened), v => BrainFloat.Widened(BrainFloat.Of(v))),
        _ => throw new ModelException($"Tensor '{Name}' is {ElementTypes.Name(Type)}; expected floating-point weights."),
    };

    /// <summary>The values as floats whatever the type, for small integer constants too.</summary>
    public float[] Numbers() => Type switch
    {
        ElementTypes.Int64 => Array.ConvertAll(IsTyped ? [.. _proto.Int64Data] : Cast<long>(), v => (float)v),
        ElementTypes.Int32 => Array.ConvertAll(IsTyped ? [.. _proto.Int32Data] : Cast<int>(), v => (float)v),
        ElementTypes.Bool or ElementTypes.UInt8 => Array.ConvertAll(IsTyped ? [.. _proto.Int32Data.Select(v => (byte)v)] : Cast<byte>(), v => (float)v),
        ElementTypes.Int8 => Array.ConvertAll(IsTyped ? [.. _proto.Int32Data.Select(v => (sbyte)v)] : Cast<sbyte>(), v => (float)v),
        _ => Floats(),
    };

    /// <summary>The proto with float32 data inside it in place of halves; other types as they are.</summary>
    public TensorProto Inline()
    {
        if (ElementTypes.IsHalf(Type))
        {
            var widened = new TensorProto { Name = Name, DataType = ElementTypes.Float, RawData = ElementTypes.Raw(Floats()) };
            widened.Dims.Add(Shape);
            return widened;
        }

        if (_external is null)
        {
            return _proto;
        }

        var inside = new TensorProto { Name = Name, DataType = Type, RawData = Google.Protobuf.ByteString.CopyFrom(Bytes()) };
        inside.Dims.Add(Shape);
        return inside;
    }

    private static float[] Restored(float[] widened, Func<float, float> round) =>
        widened.Length == 1 ? [RoundedConstants.Restore(widened[0], round)] : widened;

    private ushort[] Halves() => IsTyped ? [.. _proto.Int32Data.Select(v => (ushort)v)] : Cast<ushort>();

    private T[] Cast<T>()
        where T : unmanaged
    {
        var bytes = Bytes();
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("ONNX data are little endian, this machine is not.");
        }

        return MemoryMarshal.Cast<byte, T>(bytes).ToArray();
    }

    private byte[] Bytes()
    {
        if (_external is null)
        {
            return _proto.RawData.ToByteArray();
        }

        var bytes = new byte[_external.Length];
        using var stream = RegularFile.Open(_external.File, SizeLimit.None);
        stream.Position = _external.Offset;
        stream.ReadExactly(bytes);
        return bytes;
    }
}
