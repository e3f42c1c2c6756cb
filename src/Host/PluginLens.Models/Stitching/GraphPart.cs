using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;
using PluginLens.Models.Sessions;

namespace PluginLens.Models.Stitching;

/// <summary>A part of a model's graph under other names.</summary>
/// <param name="Nodes">In order of execution.</param>
/// <param name="Constants">Inline constants that they read.</param>
/// <param name="Inputs">Token inputs that they read, under their own names.</param>
/// <param name="Hooks">The hooks that they make, typed.</param>
/// <param name="Weights">The weights that they read.</param>
internal sealed record GraphPart(
    IReadOnlyList<NodeProto> Nodes,
    IReadOnlyList<TensorProto> Constants,
    IReadOnlyList<ValueInfoProto> Inputs,
    IReadOnlyList<ValueInfoProto> Hooks,
    IReadOnlyList<KeyValuePair<string, ModelWeight>> Weights)
{
    /// <summary>Cuts the part that makes some hooks, and renames it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="wanted">Hooks to make.</param>
    /// <param name="given">Hooks that others make.</param>
    /// <param name="rename">Old name to new; not asked for token inputs.</param>
    public static GraphPart Of(OnnxModel model, IReadOnlyCollection<string> wanted, IReadOnlyCollection<string> given, Func<string, string> rename)
    {
        var slice = GraphSlice.Cut(model.PlainProto, wanted, given, [], model.HasWeight);
        var graph = slice.Model.Graph;
        var tokens = slice.Inputs.ToHashSet(StringComparer.Ordinal);
        string Renamed(string name) => name.Length == 0 || tokens.Contains(name) ? name : rename(name);
        return new GraphPart(
            [.. graph.Node.Select(node => Node(node, Renamed))],
            [.. graph.Initializer.Where(tensor => !model.HasWeight(tensor.Name)).Select(tensor => Named(tensor.Clone(), Renamed(tensor.Name)))],
            [.. graph.Input.Where(input => tokens.Contains(input.Name))],
            [.. graph.Output.Select(hook => Named(hook.Clone(), Renamed(hook.Name)))],
            [.. slice.Weights.Select(name => new KeyValuePair<string, ModelWeight>(Renamed(name), model.Weights[name]))]);
    }

    private static NodeProto Node(NodeProto node, Func<string, string> rename)
    {
        var copy = node.Clone();
        for (var at = 0; at < copy.Input.Count; at++)
        {
            copy.Input[at] = rename(copy.Input[at]);
        }

        for (var at = 0; at < copy.Output.Count; at++)
        {
            copy.Output[at] = rename(copy.Output[at]);
        }

        copy.Name = copy.Output[0];
        return copy;
    }

    private static TensorProto Named(TensorProto tensor, string name)
    {
        tensor.Name = name;
        return tensor;
    }

    private static ValueInfoProto Named(ValueInfoProto info, string name)
    {
        info.Name = name;
        return info;
    }
}
