using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Reads ONNX Runtime's fused Attention: one matrix for q, k and v, the softmax and the weighted sum in one operator.</summary>
internal static class FusedAttention
{
    private static readonly HashSet<string> Known = ["num_heads", "unidirectional", "scale", "mask_filter_value", "qkv_hidden_sizes", "do_rotary", "rotary_embedding_dim"];

    public static AttentionMatch Read(Reading reading, NodeProto node, int layer)
    {
        var (graph, run) = (reading.Graph, reading.Run);
        var heads = (int)node.Integer("num_heads");
        var matrix = node.Input[1];
        var total = graph.IsConstant(matrix) ? run.Shape(matrix) : [];
        var bias = node.OptionalInput(2);
        var unknown = node.Attribute.FirstOrDefault(a => !Known.Contains(a.Name))?.Name
            ?? (node.Integer("do_rotary") != 0 ? "do_rotary" : null)
            ?? (node.Input.Skip(5).Any(i => i.Length > 0) ? "position bias" : null);
        if (unknown is not null || total is not [_, var columns] || heads <= 0 || columns % (3 * heads) != 0 || (bias is not null && !graph.IsConstant(bias)))
        {
            throw new ModelException(
                $"Operator com.microsoft.Attention (node '{node.Name}') {(unknown is null ? "has no constant matrix [d, 3 * heads * d_head]" : $"uses '{unknown}'")}; it is not imported.");
        }

        var width = (int)columns / (3 * heads);
        var linear = new Linear(node, node.Input[0], node.Output[0], matrix, false, 1, bias, (int)total[0], (int)columns);
        HeadProjection Part(int i) => new(linear, [.. Enumerable.Range(i * heads * width, heads * width)], heads, width, node.Output[0], []);
        var output = reading.Linears.FirstOrDefault(l => graph.Resolve(l.Input) == node.Output[0])
            ?? throw new ModelException($"Operator com.microsoft.Attention (node '{node.Name}') goes to no linear map.");
        var scale = node.Float("scale", 0);
        return new AttentionMatch(
            layer, graph.Resolve(node.Input[0]), Part(0), Part(1), Part(2), output, [.. Enumerable.Range(0, heads * width)],
            scale == 0 ? Math.Sqrt(width) : 1 / scale, null, node.Integer("unidirectional") != 0, null);
    }
}
