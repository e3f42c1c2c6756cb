using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>
/// Turns a half-precision graph into the float32 graph of the same (exactly widened) weights, so that rounding inside the source
/// does not hide in the comparison. Casts between the two types become casts to float32: files whose types disagree become whole again.
/// </summary>
internal static class Widening
{
    public static NodeProto Of(NodeProto node)
    {
        if (!node.Attribute.Any(a => (a.Name is "to" or "dtype" && ElementTypes.IsHalf((int)a.I)) || (a.T is { } t && ElementTypes.IsHalf(t.DataType))))
        {
            return node;
        }

        var widened = node.Clone();
        foreach (var attribute in widened.Attribute)
        {
            if (attribute.Name is "to" or "dtype" && ElementTypes.IsHalf((int)attribute.I))
            {
                attribute.I = ElementTypes.Float;
            }

            if (attribute.T is { } tensor && ElementTypes.IsHalf(tensor.DataType))
            {
                attribute.T = SourceTensor.Of(tensor, ".").Inline();
            }
        }

        return widened;
    }

    public static ValueInfoProto Of(ValueInfoProto input)
    {
        if (!ElementTypes.IsHalf(input.Type.TensorType.ElemType))
        {
            return input;
        }

        var widened = input.Clone();
        widened.Type.TensorType.ElemType = ElementTypes.Float;
        return widened;
    }
}
