using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Writing;

/// <summary>
/// Puts the nodes into a graph that compute its weights from codes: in front of all others. Of two inputs ONNX Runtime computes the one first whose node comes later in
/// the file; so a weight is made when the state that it multiplies is there, and gone after it. Beside their readers, all weights would be made before the first is read.
/// </summary>
internal static class CodedGraph
{
    private const string Tokens = "input_ids";

    /// <summary>Adds nodes and constants.</summary>
    /// <param name="graph">The canonical graph.</param>
    /// <param name="coded">The weights.</param>
    public static void Add(GraphProto graph, IReadOnlyList<WrittenCodes> coded)
    {
        var pending = coded.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        var (wholes, nodes) = (new List<NodeProto>(), new List<NodeProto>());
        foreach (var node in graph.Node)
        {
            foreach (var name in node.Input.ToArray())
            {
                if (!pending.TryGetValue(name, out var weight))
                {
                    continue;
                }

                if (weight.CanTakeRows && node.OpType == "Gather" && node.Input[1] == Tokens)
                {
                    AddRows(graph, nodes, node, weight);
                }
                else
                {
                    pending.Remove(name);
                    AddWhole(graph, wholes, weight);
                }
            }

            nodes.Add(node);
        }

        // A weight that no node reads is there for analyses alone.
        foreach (var weight in pending.Values.Where(weight => !nodes.Any(node => node.Name == CodedNames.Rows(weight.Name))))
        {
            AddWhole(graph, wholes, weight);
        }

        foreach (var weight in coded.Where(weight => weight.Form.HasScale))
        {
            graph.Initializer.Add(CanonicalProto.Inline(CodedNames.Shape(weight.Name), ElementTypes.Int64, ElementTypes.Raw(weight.Shape), weight.Shape.Length));
        }

        graph.Node.Clear();
        graph.Node.Add(wholes);
        graph.Node.Add(nodes);
    }

    private static void AddWhole(GraphProto graph, List<NodeProto> nodes, WrittenCodes weight)
    {
        nodes.AddRange(CodedNodes.Whole(weight.Name, weight.Form));
        if (weight.Form.HasFactor && graph.Initializer.All(tensor => tensor.Name != CodedNames.Factor(weight.Name)))
        {
            graph.Initializer.Add(CanonicalProto.Inline(CodedNames.Factor(weight.Name), ElementTypes.Float, ElementTypes.Raw([weight.Factor])));
        }
    }

    private static void AddRows(GraphProto graph, List<NodeProto> nodes, NodeProto node, WrittenCodes weight)
    {
        nodes.AddRange(CodedNodes.Rows(weight.Name, weight.Form, node.Input[1]));
        node.OpType = "Identity";
        node.Input.Clear();
        node.Input.Add(CodedNames.Rows(weight.Name));
        if (weight.Form.HasScale)
        {
            graph.Initializer.Add(CanonicalProto.Inline(CodedNames.RowsShape(weight.Name), ElementTypes.Int64, ElementTypes.Raw([0L, 0L, weight.Shape[^1]]), 3));
        }

        if (weight.Form.HasFactor)
        {
            graph.Initializer.Add(CanonicalProto.Inline(CodedNames.Factor(weight.Name), ElementTypes.Float, ElementTypes.Raw([weight.Factor])));
        }
    }
}
