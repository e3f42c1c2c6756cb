using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>
/// Replaces the choice of a merged decoder (with past keys and values or without) by its plain branch: the one that reads no past.
/// Other choices stay, and are refused by their operator's name.
/// </summary>
internal static class PlainBranch
{
    /// <summary>The nodes with plain branches in place; null where there is no such choice.</summary>
    /// <param name="nodes">Nodes of the graph.</param>
    /// <param name="inputs">Inputs of the graph.</param>
    /// <param name="initializers">Receives the branches' own.</param>
    public static IReadOnlyList<NodeProto>? Take(IReadOnlyList<NodeProto> nodes, IEnumerable<ValueInfoProto> inputs, List<TensorProto> initializers)
    {
        var past = inputs.Where(i => ElementTypes.IsFloat(i.Type.TensorType.ElemType) && i.Type.TensorType.Shape?.Dim.Count >= 4).Select(i => i.Name).ToHashSet(StringComparer.Ordinal);
        var taken = nodes.Select(node => (Node: node, Branch: Branch(node, past))).ToList();
        return taken.All(t => t.Branch is null) ? null : [.. taken.SelectMany(t => t.Branch is null ? [t.Node] : Body(t.Node, t.Branch, initializers))];
    }

    /// <summary>Every name that nodes read, in their subgraphs too.</summary>
    public static HashSet<string> Reads(IEnumerable<NodeProto> nodes) =>
        [.. nodes.SelectMany(n => n.Input.Concat(n.Attribute.Where(a => a.G is not null).SelectMany(a => Reads(a.G.Node).Concat(a.G.Output.Select(o => o.Name)))))];

    private static GraphProto? Branch(NodeProto node, HashSet<string> past)
    {
        if (node.OpType != "If" || !node.IsStandard() || node.Attribute.Count(a => a.G is not null) != 2)
        {
            return null;
        }

        var plain = node.Attribute.Where(a => a.G is not null && !Reads(a.G.Node).Overlaps(past)).ToArray();
        return plain is [var one] && one.G.Output.Count == node.Output.Count ? one.G : null;
    }

    private static IEnumerable<NodeProto> Body(NodeProto choice, GraphProto branch, List<TensorProto> initializers)
    {
        initializers.AddRange(branch.Initializer);
        return branch.Node.Concat(branch.Output.Zip(choice.Output, (inner, outer) =>
        {
            var copy = new NodeProto { OpType = "Identity", Name = $"{choice.Name}/{outer}" };
            copy.Input.Add(inner.Name);
            copy.Output.Add(outer);
            return copy;
        }).Where(copy => copy.Output[0].Length > 0));
    }
}
