using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>The value of a Constant node, in whichever attribute it is written.</summary>
internal static class ConstantNode
{
    /// <summary>The value as a tensor of the node's output name, or null where the node is no Constant.</summary>
    public static TensorProto? Value(NodeProto node)
    {
        if (node.OpType != "Constant" || !node.IsStandard())
        {
            return null;
        }

        var tensor = node.Attribute.Count == 1 ? Value(node.Attribute[0]) : null;
        if (tensor is null)
        {
            var attributes = string.Join(", ", node.Attribute.Select(a => a.Name));
            throw new ModelException($"Constant node of '{node.Output[0]}' has the attributes '{attributes}'; expected one dense value.");
        }

        tensor.Name = node.Output[0];
        return tensor;
    }

    private static TensorProto? Value(AttributeProto attribute) => attribute.Name switch
    {
        "value" => attribute.T.Clone(),
        "value_int" => Tensor(ElementTypes.Int64, [], [attribute.I]),
        "value_ints" => Tensor(ElementTypes.Int64, [attribute.Ints.Count], [.. attribute.Ints]),
        "value_float" => Tensor(ElementTypes.Float, [], [attribute.F]),
        "value_floats" => Tensor(ElementTypes.Float, [attribute.Floats.Count], [.. attribute.Floats]),
        _ => null,
    };

    private static TensorProto Tensor<T>(int type, long[] shape, T[] values)
        where T : unmanaged
    {
        var tensor = new TensorProto { DataType = type, RawData = ElementTypes.Raw(values) };
        tensor.Dims.Add(shape);
        return tensor;
    }
}
