using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Sessions;

/// <summary>
/// The part of a graph that computes some hooks, with other hooks as inputs. ONNX Runtime computes every node of a graph and keeps every declared output, so what
/// is not needed must not be there.
/// </summary>
/// <param name="Model">The pruned model; weights have no data.</param>
/// <param name="Inputs">Token inputs that are still needed.</param>
/// <param name="Replaced">Hooks that are inputs and still needed.</param>
/// <param name="Overlaid">Hooks that are computed and fed in part: each has an input beside it, <see cref="Overlay"/> of its name.</param>
/// <param name="Weights">Weights that are still needed.</param>
internal sealed record GraphSlice(
    ModelProto Model, IReadOnlyList<string> Inputs, IReadOnlyList<string> Replaced, IReadOnlyList<string> Overlaid, IReadOnlyList<string> Weights)
{
    /// <summary>Whether an input holds int64 (expert indices).</summary>
    /// <param name="input">Its name.</param>
    public bool IsInteger(string input) => Model.Graph.Input.First(info => info.Name == input).Type?.TensorType?.ElemType == ElementTypes.Int64;

    /// <summary>The input that feeds a hook in part: NaN where the computed number stays.</summary>
    /// <param name="hook">The hook.</param>
    public static string Overlay(string hook) => $"_overlay.{hook}";

    /// <summary>Cuts the slice.</summary>
    /// <param name="whole">The model as stored.</param>
    /// <param name="wanted">Hooks to compute.</param>
    /// <param name="replaced">Hooks that are fed.</param>
    /// <param name="overlaid">Hooks that are fed in part; none of the replaced ones.</param>
    /// <param name="isWeight">Whether an initializer is a weight, handed over separately.</param>
    public static GraphSlice Cut(
        ModelProto whole, IReadOnlyCollection<string> wanted, IReadOnlyCollection<string> replaced, IReadOnlyCollection<string> overlaid, Func<string, bool> isWeight)
    {
        var graph = whole.Graph;
        var fed = replaced.ToHashSet(StringComparer.Ordinal);
        var needed = wanted.ToHashSet(StringComparer.Ordinal);
        var kept = Needed(graph.Node, needed, fed);
        var types = graph.ValueInfo.Concat(graph.Output).ToDictionary(info => info.Name, StringComparer.Ordinal);
        var slice = new GraphProto { Name = graph.Name };
        slice.Node.Add(kept.Select(node => WithoutFed(node, fed)).SelectMany(node => Overlaying(node, overlaid)));
        var tokens = graph.Input.Where(input => needed.Contains(input.Name)).ToList();
        slice.Input.Add(tokens);
        var used = replaced.Where(needed.Contains).ToList();
        slice.Input.Add(used.Select(name => types[name]));
        var inPart = overlaid.Where(needed.Contains).ToList();
        slice.Input.Add(inPart.Select(name =>
        {
            var input = types[name].Clone();
            input.Name = Overlay(name);
            return input;
        }));

        // A hook that is both fed and wanted would be an input and an output of one name: it is answered without the graph.
        slice.Output.Add(wanted.Where(name => !fed.Contains(name)).Select(name => types[name]));
        slice.Initializer.Add(graph.Initializer.Where(tensor => needed.Contains(tensor.Name)));
        var model = new ModelProto { IrVersion = whole.IrVersion, ProducerName = whole.ProducerName, Graph = slice };
        model.OpsetImport.Add(whole.OpsetImport);
        return new GraphSlice(
            model, [.. tokens.Select(input => input.Name)], used, inPart, [.. slice.Initializer.Select(tensor => tensor.Name).Where(isWeight)]);
    }

    /// <summary>The nodes that some values need. Nodes are in topological order (checked when the folder is opened): one walk from the end finds them all.</summary>
    /// <param name="nodes">All nodes.</param>
    /// <param name="needed">The values; receives those that they are computed from.</param>
    /// <param name="fed">Values that are not computed.</param>
    public static IReadOnlyCollection<NodeProto> Needed(IReadOnlyList<NodeProto> nodes, HashSet<string> needed, IReadOnlySet<string> fed)
    {
        // A stack: its first is what was found last.
        var kept = new Stack<NodeProto>();
        for (var at = nodes.Count - 1; at >= 0; at--)
        {
            if (nodes[at].Output.Any(output => needed.Contains(output) && !fed.Contains(output)))
            {
                needed.UnionWith(nodes[at].Input);
                kept.Push(nodes[at]);
            }
        }

        return kept;
    }

    /// <summary>A node, and behind each of its outputs that is fed in part the choice, number by number, between what it computes and what is fed.</summary>
    private static IEnumerable<NodeProto> Overlaying(NodeProto node, IReadOnlyCollection<string> overlaid)
    {
        string[] fed = [.. node.Output.Where(overlaid.Contains)];
        if (fed.Length == 0)
        {
            yield return node;
            yield break;
        }

        var copy = node.Clone();
        for (var at = 0; at < copy.Output.Count; at++)
        {
            copy.Output[at] = overlaid.Contains(copy.Output[at]) ? $"_computed.{copy.Output[at]}" : copy.Output[at];
        }

        yield return copy;
        foreach (var hook in fed)
        {
            yield return new NodeProto { OpType = "IsNaN", Input = { Overlay(hook) }, Output = { $"_stays.{hook}" } };
            yield return new NodeProto { OpType = "Where", Input = { $"_stays.{hook}", $"_computed.{hook}", Overlay(hook) }, Output = { hook } };
        }
    }

    /// <summary>A node that is kept for one of its outputs must not make another one that is fed: a graph has each name once.</summary>
    private static NodeProto WithoutFed(NodeProto node, HashSet<string> fed)
    {
        if (!node.Output.Any(fed.Contains))
        {
            return node;
        }

        var copy = node.Clone();
        for (var at = 0; at < copy.Output.Count; at++)
        {
            copy.Output[at] = fed.Contains(copy.Output[at]) ? $"_unused.{copy.Output[at]}" : copy.Output[at];
        }

        return copy;
    }
}
