using PluginLens.Onnx.Proto;

namespace PluginLens.Onnx;

/// <summary>The graph hangs together: every input comes from somewhere earlier, every name is made once, every hook is there.</summary>
internal static class Topology
{
    /// <summary>Throws with the first fault.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="hooks">Hooks that the metadata promise.</param>
    /// <param name="file">For the message.</param>
    public static void Check(GraphProto graph, IReadOnlyDictionary<string, IReadOnlyList<string>> hooks, string file)
    {
        var known = new HashSet<string>(graph.Initializer.Select(tensor => tensor.Name).Concat(graph.Input.Select(input => input.Name)), StringComparer.Ordinal);
        foreach (var node in graph.Node)
        {
            var missing = node.Input.FirstOrDefault(input => input.Length > 0 && !known.Contains(input));
            if (missing is not null)
            {
                throw new ModelException($"'{file}': node '{node.Name}' ({node.OpType}) reads '{missing}', which nothing before it makes; the graph is broken or has a cycle. Export the model again.");
            }

            foreach (var output in node.Output)
            {
                if (output.Length > 0 && !known.Add(output))
                {
                    throw new ModelException($"'{file}': '{output}' is made twice; export the model again.");
                }
            }
        }

        var typed = graph.ValueInfo.Concat(graph.Output).Select(info => info.Name).ToHashSet(StringComparer.Ordinal);
        var absent = hooks.Keys.FirstOrDefault(hook => !known.Contains(hook) || !typed.Contains(hook));
        if (absent is not null || hooks.Count == 0)
        {
            throw new ModelException($"'{file}': the metadata list the hook '{absent}', which the graph does not have; export the model again.");
        }
    }
}
