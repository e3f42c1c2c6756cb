using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format.Writing;

/// <summary>From opset 18 on, ReduceMean and ReduceMax take their axes as an input, where they had an attribute.</summary>
internal static class ReducedAxes
{
    private const string Attribute = "axes";

    /// <summary>Changes the nodes of a canonical graph.</summary>
    /// <param name="graph">The graph.</param>
    public static void Move(GraphProto graph)
    {
        foreach (var node in graph.Node.Where(node => node.OpType is "ReduceMean" or "ReduceMax"))
        {
            if (node.Attribute.FirstOrDefault(attribute => attribute.Name == Attribute) is not { } axes)
            {
                continue;
            }

            var name = $"const.axes.{string.Join('.', axes.Ints)}";
            if (graph.Initializer.All(tensor => tensor.Name != name))
            {
                graph.Initializer.Add(CanonicalProto.Inline(name, ElementTypes.Int64, ElementTypes.Raw(axes.Ints.ToArray()), axes.Ints.Count));
            }

            node.Attribute.Remove(axes);
            node.Input.Add(name);
        }
    }
}
