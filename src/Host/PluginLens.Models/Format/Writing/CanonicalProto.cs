using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using PluginLens.Models.Format.Canonical;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Writing;

/// <summary>Turns the canonical graph into the protobuf of <c>model.onnx</c>, as the exporter does.</summary>
internal static class CanonicalProto
{
    private const int Opset = 17;
    private const int IrVersion = 8;

    // What four-bit codes need.
    private const int OpsetOfCodes = 21;
    private const int IrVersionOfCodes = 10;

    public static ModelProto Build(TemplateGraph graph, IReadOnlyList<WrittenWeight> weights, IReadOnlyList<WrittenCodes> coded, JsonObject facts)
    {
        var isNew = weights.Any(weight => weight.Type is ElementType.UInt4 or ElementType.Int4);
        var model = new ModelProto { IrVersion = isNew ? IrVersionOfCodes : IrVersion, ProducerName = "PluginLens", Graph = new GraphProto { Name = facts["name"]!.GetValue<string>() } };
        model.OpsetImport.Add(new OperatorSetIdProto { Version = isNew ? OpsetOfCodes : Opset });
        model.Graph.Node.Add(graph.Nodes.Select(Node));
        model.Graph.Initializer.Add(weights.Select(External));
        model.Graph.Initializer.Add(graph.Constants.Select(Inline));
        model.Graph.Input.Add(graph.Inputs.Select(i => Value(i.Key, i.Value, ElementTypes.Int64)));
        foreach (var hook in graph.Hooks)
        {
            var value = Value(hook.Key, hook.Value, graph.IntegerHooks.Contains(hook.Key) ? ElementTypes.Int64 : ElementTypes.Float);
            (hook.Key == graph.Output ? model.Graph.Output : model.Graph.ValueInfo).Add(value);
        }

        CodedGraph.Add(model.Graph, coded);
        if (isNew)
        {
            ReducedAxes.Move(model.Graph);
        }

        model.MetadataProps.Add(facts.Select(entry => new StringStringEntryProto { Key = entry.Key, Value = MetadataJson.Text(entry.Value) }));
        foreach (var entry in model.MetadataProps)
        {
            FolderTable.Require(entry.Key, entry.Value);
        }

        model.MetadataProps.Add(new StringStringEntryProto { Key = "seal", Value = Seal(model) });
        return model;
    }

    /// <summary>SHA-256 of the graph's bytes and of <c>key NUL value NUL</c> of every entry: a file that was changed later does not fit it.</summary>
    public static string Seal(ModelProto model)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(model.Graph.ToByteArray());
        foreach (var entry in model.MetadataProps)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{entry.Key}\0{entry.Value}\0"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The hooks with their dims, as the metadata list them.</summary>
    public static JsonObject Hooks(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> hooks) =>
        new(hooks.Select(hook => KeyValuePair.Create(hook.Key, (JsonNode?)MetadataJson.Dimensions(hook.Value))));

    public static NodeProto Node(TemplateNode node)
    {
        var proto = new NodeProto { OpType = node.Op, Name = node.Outputs[0] };
        proto.Input.Add(node.Inputs);
        proto.Output.Add(node.Outputs);
        proto.Attribute.Add(node.Attributes.Select(a => Attribute(a.Key, a.Value)));
        return proto;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        switch (value)
        {
            case long integer:
                return new AttributeProto { Name = name, I = integer, Type = (int)AttributeKind.Int };
            case double number:
                return new AttributeProto { Name = name, F = (float)number, Type = (int)AttributeKind.Float };
            case string text:
                return new AttributeProto { Name = name, S = ByteString.CopyFromUtf8(text), Type = (int)AttributeKind.Text };
            default:
                var list = new AttributeProto { Name = name, Type = (int)AttributeKind.Ints };
                list.Ints.Add((long[])value);
                return list;
        }
    }

    public static TensorProto External(WrittenWeight weight)
    {
        var tensor = new TensorProto { Name = weight.Name, DataType = (int)weight.Type, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(weight.Shape);
        foreach (var (key, value) in new[] { ("location", FolderFiles.Weights), ("offset", Text(weight.Offset)), ("length", Text(weight.Length)) })
        {
            tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }

        return tensor;
    }

    public static TensorProto Inline(TemplateConstant constant)
    {
        long[] dims = constant.Rank == 0 ? [] : [constant.Values.Count];
        return constant.IsInteger
            ? Inline(constant.Name, ElementTypes.Int64, ElementTypes.Raw(constant.Values.Select(v => (long)v).ToArray()), dims)
            : Inline(constant.Name, ElementTypes.Float, ElementTypes.Raw(constant.Values.Select(v => (float)v).ToArray()), dims);
    }

    /// <summary>An initializer whose data stand in the graph.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="type">Element type.</param>
    /// <param name="data">Raw bytes.</param>
    /// <param name="dims">Extents; none for a scalar.</param>
    public static TensorProto Inline(string name, int type, ByteString data, params long[] dims)
    {
        var tensor = new TensorProto { Name = name, DataType = type, RawData = data };
        tensor.Dims.Add(dims);
        return tensor;
    }

    public static ValueInfoProto Value(string name, IReadOnlyList<string> dims, int type)
    {
        var shape = new TensorShapeProto();
        shape.Dim.Add(dims.Select(d => long.TryParse(d, out var size) ? new TensorShapeProto.Types.Dimension { DimValue = size } : new TensorShapeProto.Types.Dimension { DimParam = d }));
        return new ValueInfoProto { Name = name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = type, Shape = shape } } };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
