using PluginLens.Models.Format.Files;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>
/// Makes a slice faster without changing what it says: every hook that is asked for or fed is there as before, whatever else is; and what others are computed from does not
/// depend on which are asked for.
/// </summary>
internal static class SliceRewriting
{
    /// <summary>Changes the graph of a slice.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="weights">Where each weight lies; receives those that the graph now reads under another name.</param>
    /// <returns>The slice with the weights that it needs now.</returns>
    public static GraphSlice Of(GraphSlice slice, Dictionary<string, ModelWeight> weights)
    {
        var graph = slice.Model.Graph;
        var nodes = new SliceNodes(graph);
        FusedGelu.Rewrite(nodes);
        FlatHeads.Rewrite(nodes);
        var views = FlatSum.Rewrite(nodes, weights.ContainsKey);
        nodes.Apply();
        foreach (var tensor in graph.Initializer.Where(tensor => views.ContainsKey(tensor.Name)))
        {
            weights[tensor.Name] = new ReshapedWeight(weights[views[tensor.Name]], tensor.Name, [.. tensor.Dims.Select(extent => (int)extent)]);
        }

        if (graph.Node.Any(node => node.Domain == SliceNodes.RuntimeDomain) && slice.Model.OpsetImport.All(import => import.Domain != SliceNodes.RuntimeDomain))
        {
            slice.Model.OpsetImport.Add(new Format.Proto.OperatorSetIdProto { Domain = SliceNodes.RuntimeDomain, Version = 1 });
        }

        return slice with { Weights = [.. graph.Initializer.Select(tensor => tensor.Name).Where(weights.ContainsKey)] };
    }
}
