using Google.Protobuf;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Tests;

/// <summary>Writes an ONNX graph node by node.</summary>
internal sealed class GraphBuilder
{
    private const string Contrib = "com.microsoft";

    public GraphBuilder(int opset = 17)
    {
        Model = new ModelProto { IrVersion = 8, Graph = new GraphProto { Name = "made" } };
        Model.OpsetImport.Add([new OperatorSetIdProto { Version = opset }, new OperatorSetIdProto { Domain = Contrib, Version = 1 }]);
    }

    public ModelProto Model { get; }

    public GraphProto Graph => Model.Graph;

    public string Input(string name, int type, params object[] shape) => Declare(Graph.Input, name, type, shape);

    public void Output(string name, int type, params object[] shape) => Declare(Graph.Output, name, type, shape);

    public string Floats(string name, float[] values, params long[] shape) => Initializer(name, 1, values, shape);

    public string Integers(string name, params long[] values) => Initializer(name, 7, values, [values.Length]);

    public string Integer(string name, long value) => Initializer(name, 7, [value], []);

    /// <summary>A node of the standard domain; returns its first output.</summary>
    public string Node(string op, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) => Add("", op, inputs, outputs, attributes);

    /// <summary>A node of ONNX Runtime's own domain.</summary>
    public string Fused(string op, string[] inputs, string[] outputs, params (string Name, object Value)[] attributes) => Add(Contrib, op, inputs, outputs, attributes);

    public string Save(string folder)
    {
        var path = Path.Combine(folder, "model.onnx");
        File.WriteAllBytes(path, Model.ToByteArray());
        return path;
    }

    private string Add(string domain, string op, string[] inputs, string[] outputs, (string Name, object Value)[] attributes)
    {
        var node = new NodeProto { Domain = domain, OpType = op, Name = $"/{outputs[0]}/{op}" };
        node.Input.Add(inputs);
        node.Output.Add(outputs);
        node.Attribute.Add(attributes.Select(a => a.Value switch
        {
            int number => new AttributeProto { Name = a.Name, I = number, Type = 2 },
            float number => new AttributeProto { Name = a.Name, F = number, Type = 1 },
            var list => Ints(a.Name, (long[])list),
        }));
        Graph.Node.Add(node);
        return outputs[0];
    }

    private static AttributeProto Ints(string name, long[] values)
    {
        var attribute = new AttributeProto { Name = name, Type = 7 };
        attribute.Ints.Add(values);
        return attribute;
    }

    private string Initializer<T>(string name, int type, T[] values, long[] shape)
        where T : unmanaged
    {
        if (Graph.Initializer.All(i => i.Name != name))
        {
            var tensor = new TensorProto { Name = name, DataType = type, RawData = ByteString.CopyFrom(System.Runtime.InteropServices.MemoryMarshal.AsBytes<T>(values)) };
            tensor.Dims.Add(shape);
            Graph.Initializer.Add(tensor);
        }

        return name;
    }

    private static string Declare(Google.Protobuf.Collections.RepeatedField<ValueInfoProto> list, string name, int type, object[] shape)
    {
        var value = new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = new TensorShapeProto() } } };
        value.Type.TensorType.Shape.Dim.Add(shape.Select(d => d is int size
            ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = (string)d }));
        list.Add(value);
        return name;
    }
}
