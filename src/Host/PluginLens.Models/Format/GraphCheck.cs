using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Format;

/// <summary>The graph is of a version that is read, and hangs together: every input comes from somewhere earlier, every name is made once, every hook is there and typed.</summary>
internal static class GraphCheck
{
    /// <summary>Throws with the first fault.</summary>
    /// <param name="proto">The model.</param>
    /// <param name="hooks">Hooks that the metadata promise.</param>
    /// <param name="file">For the message.</param>
    public static void Check(ModelProto proto, IReadOnlyDictionary<string, IReadOnlyList<string>> hooks, string file)
    {
        RequireOpset(proto, file);
        var graph = proto.Graph;
        if (proto.Functions.Count > 0 || graph.SparseInitializer.Count > 0)
        {
            throw Bad("has functions or sparse weights, which a model folder does not");
        }

        var made = new HashSet<string>(StringComparer.Ordinal);
        var given = graph.Initializer.Select(tensor => tensor.Name).Concat(graph.Input.Select(input => input.Name));
        foreach (var name in given.Where(name => name.Length == 0 || !made.Add(name)))
        {
            throw Bad($"has two initializers or inputs named '{name}'");
        }

        foreach (var node in graph.Node)
        {
            CheckNode(node, made);
        }

        var typed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var info in graph.ValueInfo.Concat(graph.Output))
        {
            if (!typed.Add(info.Name))
            {
                throw Bad($"describes '{info.Name}' twice");
            }
        }

        var absent = hooks.Keys.FirstOrDefault(hook => !made.Contains(hook) || !typed.Contains(hook));
        if (absent is not null || hooks.Count == 0)
        {
            throw Bad(hooks.Count == 0 ? "has no hooks in its metadata" : $"has no tensor '{absent}' with a type, though the metadata list it as a hook");
        }

        foreach (var output in graph.Output.Where(output => !hooks.ContainsKey(output.Name)))
        {
            throw Bad($"has an output '{output.Name}' that the metadata do not list as a hook");
        }

        void CheckNode(NodeProto node, HashSet<string> made)
        {
            var missing = node.Input.FirstOrDefault(input => input.Length > 0 && !made.Contains(input));
            if (missing is not null)
            {
                throw Bad($"has a node '{node.Name}' ({node.OpType}) that reads '{missing}', which nothing before it makes: the graph is broken or has a cycle");
            }

            foreach (var output in node.Output.Where(output => output.Length > 0 && !made.Add(output)))
            {
                throw Bad($"makes '{output}' twice");
            }

            foreach (var attribute in node.Attribute)
            {
                // A subgraph would hide names from the slicing, and data outside the file from the checks.
                if (attribute.G is not null || attribute.Graphs.Count > 0 || attribute.T?.DataLocation == TensorProto.Types.DataLocation.External
                    || attribute.Tensors.Any(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External))
                {
                    throw Bad($"has a node '{node.Name}' ({node.OpType}) with a subgraph or external data in attribute '{attribute.Name}'");
                }
            }
        }

        ModelException Bad(string what) => new($"'{file}' {what}; export the model again.");
    }

    /// <summary>The opset of a model; 0 where it names none.</summary>
    /// <param name="proto">The model.</param>
    public static long Opset(ModelProto proto) => proto.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version ?? 0;

    private static void RequireOpset(ModelProto proto, string file)
    {
        var opset = Opset(proto);
        if (opset is < 13 or > 26 || proto.IrVersion is < 3 or > 13)
        {
            throw new ModelException($"'{file}' has opset {opset} and IR version {proto.IrVersion}; expected opset 13 to 26 and IR version 3 to 13. Export the model again.");
        }
    }
}
