using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>
/// What heads read, <c>[batch, 1, pos, d_model] x [head, d_model, d_head]</c>, is a small product for each head of each text; with all texts below each other it is
/// one of all positions for each head.
/// </summary>
internal static class FlatHeads
{
    /// <summary>Replaces every one in a graph.</summary>
    /// <param name="nodes">The graph.</param>
    public static void Rewrite(SliceNodes nodes)
    {
        foreach (var turn in nodes.Of("Transpose", 1))
        {
            if (nodes.Made(turn.Input[0], "MatMul", 2) is { } product && turn.Attribute is [var order] && order.Ints.SequenceEqual([0, 2, 1, 3])
                && nodes.Made(product.Input[0], "Unsqueeze", 2) is { } wide && nodes.IsInteger(wide.Input[1], 1))
            {
                Replace(nodes, turn, product, wide.Input[0]);
            }
        }
    }

    private static void Replace(SliceNodes nodes, NodeProto turn, NodeProto product, string x)
    {
        var made = turn.Output[0];
        string flat = $"_flat.{made}", byHead = $"_by_head.{made}", texts = $"_texts.{made}", width = $"_width.{made}", shape = $"_shape.{made}", heads = $"_heads.{made}";
        var ends = SliceNodes.Node("Shape", [byHead], width);
        ends.Attribute.Add(SliceNodes.Integer("start", 2));
        var begins = SliceNodes.Node("Shape", [x], texts);
        begins.Attribute.Add(SliceNodes.Integer("start", 0));
        begins.Attribute.Add(SliceNodes.Integer("end", 2));
        var joined = SliceNodes.Node("Concat", [nodes.Constant(-1), texts, width], shape);
        joined.Attribute.Add(SliceNodes.Integer("axis", 0));
        var back = SliceNodes.Node("Transpose", [heads], made);
        back.Attribute.Add(SliceNodes.Integers("perm", 1, 2, 0, 3));
        nodes.Replace(
            turn,
            SliceNodes.Node("Reshape", [x, nodes.Constant(1, -1, 0)], flat),
            SliceNodes.Node("MatMul", [flat, product.Input[1]], byHead),
            ends,
            begins,
            joined,
            SliceNodes.Node("Reshape", [byHead, shape], heads),
            back);
    }
}
