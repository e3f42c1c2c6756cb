using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Lowering;

/// <summary>Writes operators that ONNX Runtime's optimizer fused as the plain ones they stand for, so that one set of patterns reads both.</summary>
internal static class FusedOperators
{
    public static IReadOnlyList<NodeProto> Lower(IReadOnlyList<NodeProto> nodes)
    {
        var read = nodes.SelectMany(n => n.Input).ToHashSet(StringComparer.Ordinal);
        return [.. nodes.SelectMany(node => node.Domain != NodeParts.Contrib ? [node] : node.OpType switch
        {
            "SkipLayerNormalization" => SkipNorm(node, "LayerNormalization", biasAt: 4),
            "SkipSimplifiedLayerNormalization" => SkipNorm(node, "SimplifiedLayerNormalization", biasAt: 3),
            "EmbedLayerNormalization" => EmbedNorm(node, read),
            "BiasGelu" => BiasedActivation(node, "Gelu"),
            "FastGelu" => BiasedActivation(node, "FastGelu"),
            _ => [node],
        })];
    }

    private static IEnumerable<NodeProto> SkipNorm(NodeProto node, string norm, int biasAt)
    {
        var x = node.Input[0];
        if (node.OptionalInput(biasAt) is { } bias)
        {
            yield return Plain("Add", [x, bias], x = $"{node.Output[0]}.biased");
        }

        var sum = node.OptionalOutput(3) ?? $"{node.Output[0]}.sum";
        yield return Plain("Add", [x, node.Input[1]], sum);
        var parameters = node.Input.Skip(2).Take(norm == "LayerNormalization" ? 2 : 1).Where(p => p.Length > 0);
        yield return Norm(node, norm, [sum, .. parameters], node.Output[0]);
    }

    private static IEnumerable<NodeProto> EmbedNorm(NodeProto node, HashSet<string> read)
    {
        var output = node.Output[0];
        var sum = $"{output}.words";
        yield return Plain("Gather", [node.Input[2], node.Input[0]], sum);
        // Where it is given no positions, the operator counts.
        var counting = new PlainNodes($"{output}.range");
        var positions = node.OptionalInput(8) ?? counting.Positions(node.Input[0]);
        foreach (var counted in counting.All)
        {
            yield return counted;
        }

        yield return Plain("Gather", [node.Input[3], positions], $"{output}.positions");
        yield return Plain("Add", [sum, $"{output}.positions"], sum = $"{output}.placed");
        if (node.OptionalInput(1) is { } segments && node.OptionalInput(4) is { } table)
        {
            yield return Plain("Gather", [table, segments], $"{output}.types");
            yield return Plain("Add", [sum, $"{output}.types"], sum = $"{output}.typed");
        }

        if (node.OptionalOutput(2) is { } named)
        {
            yield return Plain("Identity", [sum], named);
        }

        yield return Norm(node, "LayerNormalization", [sum, node.Input[5], node.Input[6]], output);
        if (node.OptionalOutput(1) is { } mask && read.Contains(mask))
        {
            var kept = node.Clone();
            kept.Output.Clear();
            kept.Output.Add([$"{output}.unused", mask]);
            yield return kept;
        }
    }

    private static IEnumerable<NodeProto> BiasedActivation(NodeProto node, string activation)
    {
        var x = node.Input[0];
        if (node.OptionalInput(1) is { } bias)
        {
            yield return Plain("Add", [x, bias], x = $"{node.Output[0]}.biased");
        }

        var plain = Plain(activation, [x], node.Output[0]);
        plain.Domain = NodeParts.Contrib;
        yield return plain;
    }

    private static NodeProto Norm(NodeProto node, string norm, string[] inputs, string output)
    {
        var plain = Plain(norm, inputs, output);
        plain.Attribute.Add(node.Attribute.Where(a => a.Name == "epsilon"));
        plain.Attribute.Add(new AttributeProto { Name = "axis", I = -1, Type = (int)AttributeKind.Int });
        return plain;
    }

    private static NodeProto Plain(string op, string[] inputs, string output)
    {
        var plain = new NodeProto { OpType = op, Name = output };
        plain.Input.Add(inputs);
        plain.Output.Add(output);
        return plain;
    }
}
