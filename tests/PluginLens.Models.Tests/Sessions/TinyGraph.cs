using System.Runtime.InteropServices;
using Google.Protobuf;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Tests.Sessions;

/// <summary>Graphs of a few nodes, written in a line each.</summary>
internal sealed class TinyGraph
{
    private readonly ModelProto _model = new() { IrVersion = 8, Graph = new GraphProto { Name = "tiny" } };

    public TinyGraph() => _model.OpsetImport.Add(new OperatorSetIdProto { Version = 17 });

    public byte[] Bytes => _model.ToByteArray();

    public ModelProto Model => _model;

    /// <summary>An input of float32, or of another element type.</summary>
    public TinyGraph Input(string name, int[] shape, int type = ElementTypes.Float)
    {
        _model.Graph.Input.Add(Value(name, shape, type));
        return this;
    }

    public TinyGraph Output(params string[] names)
    {
        _model.Graph.Output.Add(names.Select(name => new ValueInfoProto { Name = name }));
        return this;
    }

    /// <summary>A node with one output and at most one list of integers.</summary>
    public TinyGraph Node(string op, string output, string[] inputs, string attribute = "", params long[] integers)
    {
        var node = new NodeProto { OpType = op, Name = output };
        node.Input.Add(inputs);
        node.Output.Add(output);
        if (attribute.Length > 0)
        {
            var list = new AttributeProto { Name = attribute, Type = (int)AttributeKind.Ints };
            list.Ints.Add(integers);
            node.Attribute.Add(list);
        }

        _model.Graph.Node.Add(node);
        return this;
    }

    /// <summary>A Cast or another node with one integer.</summary>
    public TinyGraph NodeWith(string op, string output, string[] inputs, string attribute, long integer)
    {
        Node(op, output, inputs);
        _model.Graph.Node[^1].Attribute.Add(new AttributeProto { Name = attribute, I = integer, Type = (int)AttributeKind.Int });
        return this;
    }

    /// <summary>A weight that is handed over: the graph has its shape and a file that it is said to lie in.</summary>
    public TinyGraph Weight(string name, int[] shape, string file)
    {
        var tensor = new TensorProto { Name = name, DataType = ElementTypes.Float, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(shape.Select(extent => (long)extent));
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = file });
        _model.Graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>A constant inside the graph.</summary>
    public TinyGraph Constant(string name, int[] shape, params float[] values)
    {
        var tensor = new TensorProto { Name = name, DataType = ElementTypes.Float, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(values)) };
        tensor.Dims.Add(shape.Select(extent => (long)extent));
        _model.Graph.Initializer.Add(tensor);
        return this;
    }

    /// <summary>A number of float32, as model folders hold it.</summary>
    public TinyGraph Number(string name, double value)
    {
        _model.Graph.Initializer.Add(new TensorProto { Name = name, DataType = ElementTypes.Float, FloatData = { (float)value } });
        return this;
    }

    /// <summary>An array of int64, as model folders hold it.</summary>
    public TinyGraph Integers(string name, params long[] values)
    {
        _model.Graph.Initializer.Add(new TensorProto { Name = name, DataType = ElementTypes.Int64, Dims = { values.Length }, Int64Data = { values } });
        return this;
    }

    /// <summary>A node with one text.</summary>
    public TinyGraph NodeOf(string op, string output, string[] inputs, string attribute, string text)
    {
        Node(op, output, inputs);
        _model.Graph.Node[^1].Attribute.Add(new AttributeProto { Name = attribute, S = ByteString.CopyFromUtf8(text), Type = (int)AttributeKind.Text });
        return this;
    }

    private static ValueInfoProto Value(string name, int[] shape, int type)
    {
        var dims = new TensorShapeProto();
        dims.Dim.Add(shape.Select((extent, axis) => extent >= 0 ? new TensorShapeProto.Types.Dimension { DimValue = extent } : new TensorShapeProto.Types.Dimension { DimParam = $"d{axis}" }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = dims } } };
    }
}
