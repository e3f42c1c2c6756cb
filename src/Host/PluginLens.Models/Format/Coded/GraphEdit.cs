using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Coded;

/// <summary>Puts float32 weights into a graph in the place of those that it computes.</summary>
internal static class GraphEdit
{
    /// <summary>Takes out what computes a weight; it is an initializer from then on.</summary>
    /// <param name="graph">Is changed.</param>
    /// <param name="weight">The weight.</param>
    public static void Plain(GraphProto graph, CodedWeight weight)
    {
        var whole = CodedNodes.Whole(weight.Name, weight.Form).Select(node => node.Name).ToHashSet(StringComparer.Ordinal);
        var rows = CodedNames.Rows(weight.Name);
        var nodes = new List<NodeProto>();
        foreach (var node in graph.Node.Where(node => !whole.Contains(node.Name)))
        {
            if (node.Name != rows && !node.Name.StartsWith($"{rows}.", StringComparison.Ordinal))
            {
                nodes.Add(node);
            }
            else if (node.OpType == "Gather" && node.Input[0].EndsWith(CodedNames.Codes, StringComparison.Ordinal))
            {
                nodes.Add(Gather(weight.Name, node.Input[1], rows));
            }
        }

        graph.Node.Clear();
        graph.Node.Add(nodes);
        graph.Initializer.Add(External(weight.Name, weight.Shape));
    }

    /// <summary>Gives the read-out a matrix of its own.</summary>
    /// <param name="graph">Is changed.</param>
    /// <param name="weight">The tied one.</param>
    public static void Untie(GraphProto graph, TiedWeight weight)
    {
        TiedNode.Untie(graph.Node.First(TiedNode.Is));
        graph.Initializer.Add(External(weight.Name, weight.Shape));
    }

    private static NodeProto Gather(string from, string indices, string to)
    {
        var node = new NodeProto { OpType = "Gather", Name = to };
        node.Input.Add([from, indices]);
        node.Output.Add(to);
        return node;
    }

    /// <summary>An initializer whose data are handed over; a session only checks that the file exists.</summary>
    private static TensorProto External(string name, IEnumerable<int> shape)
    {
        var tensor = new TensorProto { Name = name, DataType = ElementTypes.Float, DataLocation = TensorProto.Types.DataLocation.External };
        tensor.Dims.Add(shape.Select(extent => (long)extent));
        tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = FolderFiles.Weights });
        return tensor;
    }
}
