using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Lowering;

/// <summary>Plain operators that stand for one fused operator, as they are written down one after another.</summary>
/// <param name="prefix">Begins the name of every tensor made here: an output of the fused operator.</param>
internal sealed class PlainNodes(string prefix)
{
    private readonly List<NodeProto> _nodes = [];

    /// <summary>What was written, in order.</summary>
    public IReadOnlyList<NodeProto> All => _nodes;

    /// <summary>A node of one output; returns its name.</summary>
    /// <param name="op">Operator of the standard domain.</param>
    /// <param name="inputs">What it reads.</param>
    /// <param name="attributes">Whole numbers.</param>
    /// <param name="output">Name of the output; null = one of its own.</param>
    public string Add(string op, string[] inputs, (string Name, long Value)[]? attributes = null, string? output = null)
    {
        var node = new NodeProto { OpType = op, Name = output ?? $"{prefix}.{op}.{_nodes.Count}" };
        node.Input.Add(inputs);
        node.Output.Add(node.Name);
        node.Attribute.Add((attributes ?? []).Select(a => new AttributeProto { Name = a.Name, I = a.Value, Type = (int)AttributeKind.Int }));
        _nodes.Add(node);
        return node.Name;
    }

    /// <summary>Whole numbers as a constant vector.</summary>
    public string Integers(params long[] values) => Constant(ElementTypes.Int64, [values.Length], ElementTypes.Raw(values));

    /// <summary>One whole number.</summary>
    public string Integer(long value) => Constant(ElementTypes.Int64, [], ElementTypes.Raw([value]));

    /// <summary>One number.</summary>
    public string Number(double value) => Constant(ElementTypes.Float, [], ElementTypes.Raw([(float)value]));

    /// <summary>The same elements in another shape; 0 keeps a dimension, -1 is what is left.</summary>
    public string Reshape(string x, params long[] shape) => Add("Reshape", [x, Integers(shape)]);

    /// <summary>The same elements with the axes in another order.</summary>
    public string Transpose(string x, params long[] axes)
    {
        var name = Add("Transpose", [x]);
        var attribute = new AttributeProto { Name = "perm", Type = (int)AttributeKind.Ints };
        attribute.Ints.Add(axes);
        _nodes[^1].Attribute.Add(attribute);
        return name;
    }

    /// <summary>Entries of one axis from a first (included) to a last (excluded).</summary>
    public string Slice(string x, int axis, long from, long to, long step = 1) => Add("Slice", [x, Integers(from), Integers(to), Integers(axis), Integers(step)]);

    /// <summary>0, 1, ... as many as a tensor has entries on its axis 1.</summary>
    public string Positions(string x)
    {
        var shape = Add("Shape", [x]);
        var length = Add("Gather", [shape, Integer(1)]);
        return Add("Range", [Integer(0), length, Integer(1)]);
    }

    private string Constant(int type, long[] shape, Google.Protobuf.ByteString data)
    {
        var name = Add("Constant", []);
        var value = new TensorProto { DataType = type, RawData = data };
        value.Dims.Add(shape);
        _nodes[^1].Attribute.Add(new AttributeProto { Name = "value", T = value, Type = (int)AttributeKind.Tensor });
        return name;
    }
}
