using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Source;

/// <summary>Replaces calls of a model's own functions by their bodies.</summary>
internal static class FunctionInliner
{
    // Functions may call functions, but a recursive one has no body to write out.
    private const int DeepestNesting = 32;

    public static IReadOnlyList<NodeProto> Inline(ModelProto model)
    {
        var functions = model.Functions.GroupBy(f => (f.Domain, f.Name)).ToDictionary(g => g.Key, g => g.First());
        IReadOnlyList<NodeProto> nodes = [.. model.Graph.Node];
        for (var depth = 0; functions.Count > 0 && nodes.Any(n => functions.ContainsKey((n.Domain, n.OpType))); depth++)
        {
            if (depth == DeepestNesting)
            {
                throw new ModelException($"The model's functions call each other more than {DeepestNesting} deep; export the model without functions.");
            }

            nodes = [.. nodes.SelectMany((node, i) =>
                functions.TryGetValue((node.Domain, node.OpType), out var function) ? Body(function, node, $"{depth}.{i}") : [node])];
        }

        return nodes;
    }

    private static IEnumerable<NodeProto> Body(FunctionProto function, NodeProto call, string id)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        for (var i = 0; i < function.Input.Count; i++)
        {
            names[function.Input[i]] = i < call.Input.Count ? call.Input[i] : "";
        }

        for (var i = 0; i < function.Output.Count; i++)
        {
            names[function.Output[i]] = call.OptionalOutput(i) ?? $"inlined.{id}.{function.Output[i]}";
        }

        var attributes = function.AttributeProto.Concat(call.Attribute).GroupBy(a => a.Name).ToDictionary(g => g.Key, g => g.Last());
        foreach (var (i, node) in function.Node.Index())
        {
            var copy = node.Clone();
            // Names of nodes are unique in a graph; those in functions are not.
            copy.Name = $"{call.Name}/{node.Name}.{id}.{i}";
            Rename(copy.Input);
            Rename(copy.Output);
            copy.Attribute.Clear();
            copy.Attribute.Add(node.Attribute.Select(a => Resolve(a, attributes)).OfType<AttributeProto>());
            yield return copy;
        }

        void Rename(Google.Protobuf.Collections.RepeatedField<string> list)
        {
            for (var i = 0; i < list.Count; i++)
            {
                if (!names.TryGetValue(list[i], out var name))
                {
                    names[list[i]] = name = $"inlined.{id}.{list[i]}";
                }

                list[i] = name;
            }
        }
    }

    /// <summary>An attribute of a body's node; one that refers to the call's attribute takes its value, or is left out where the call has none.</summary>
    private static AttributeProto? Resolve(AttributeProto attribute, Dictionary<string, AttributeProto> call)
    {
        if (attribute.RefAttrName.Length == 0)
        {
            return attribute;
        }

        if (!call.TryGetValue(attribute.RefAttrName, out var value))
        {
            return null;
        }

        var resolved = value.Clone();
        resolved.Name = attribute.Name;
        return resolved;
    }
}
