using PluginLens.Import.Graph;
using PluginLens.Import.Probe;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Finds LayerNorm and RMSNorm: as operators, or written out as mean, square, mean, root, division, gain and bias.</summary>
internal static class NormMatcher
{
    public static IReadOnlyList<Norm> Find(GraphView graph, ProbeRun run) =>
        [.. graph.Nodes.Where(n => n.Output.Count > 0 && graph.IsData(n.Output[0])).Select(n => Operator(n, graph, run) ?? WrittenOut(n, graph, run)).OfType<Norm>()];

    private static Norm? Operator(NodeProto node, GraphView graph, ProbeRun run)
    {
        if (!node.IsStandard() || node.OpType is not ("LayerNormalization" or "SimplifiedLayerNormalization" or "RMSNormalization"))
        {
            return null;
        }

        var shape = run.Shape(node.Input[0]);
        var axis = node.Integer("axis", -1);
        var isLast = axis == -1 || axis == shape.Length - 1;
        var gain = node.OptionalInput(1);
        var bias = node.OpType == "LayerNormalization" ? node.OptionalInput(2) : null;
        return isLast && (gain is null || graph.IsConstant(gain)) && (bias is null || graph.IsConstant(bias))
            ? new Norm(
                node, graph.Resolve(node.Input[0]), node.Output[0], gain, bias, node.Float("epsilon", 1e-5f), node.OpType != "LayerNormalization", (int)shape[^1])
            : null;
    }

    /// <summary>Starts at the root: what is under it must be the mean square of something plus a constant.</summary>
    private static Norm? WrittenOut(NodeProto root, GraphView graph, ProbeRun run)
    {
        if (!IsRoot(root, graph, run, out var inverted) || graph.Producer(graph.Resolve(root.Input[0])) is not { OpType: "Add" } sum)
        {
            return null;
        }

        var constant = sum.Input.FirstOrDefault(i => graph.IsConstant(i) && Size(run.Shape(i)) == 1);
        var mean = sum.Input.Where(i => i != constant).Select(i => graph.Producer(graph.Resolve(i))).FirstOrDefault();
        if (constant is null || mean is not { OpType: "ReduceMean" } || SquareOf(graph.Producer(graph.Resolve(mean.Input[0])), graph, run) is not { } centred)
        {
            return null;
        }

        var input = centred;
        var isRms = graph.Producer(centred) is not { OpType: "Sub" } difference || graph.Producer(graph.Resolve(difference.Input[1])) is not { OpType: "ReduceMean" } average
            || graph.Resolve(average.Input[0]) != graph.Resolve(difference.Input[0]);
        if (!isRms)
        {
            input = graph.Resolve(graph.Producer(centred)!.Input[0]);
        }

        var width = run[centred].Dim(-1);
        if (Divided(graph.Resolve(root.Output[0]), inverted, graph, run, width) is not { } normalized)
        {
            return null;
        }

        var gain = Affine("Mul", normalized, width, graph, run);
        var bias = isRms ? null : Affine("Add", gain?.Output ?? normalized, width, graph, run);
        return new Norm(
            root, input, bias?.Output ?? gain?.Output ?? normalized, gain?.Constant, bias?.Constant, run[constant].Values[0], isRms, width);
    }

    private static bool IsRoot(NodeProto node, GraphView graph, ProbeRun run, out bool inverted)
    {
        inverted = false;
        if (node.OpType == "Pow" && graph.IsConstant(node.Input[1]) && Size(run.Shape(node.Input[1])) == 1)
        {
            var power = run[node.Input[1]].Values[0];
            inverted = power == -0.5f;
            return power is 0.5f or -0.5f;
        }

        return node.OpType == "Sqrt";
    }

    /// <summary>x where the node is x², else null.</summary>
    private static string? SquareOf(NodeProto? node, GraphView graph, ProbeRun run) => node switch
    {
        { OpType: "Pow" } when graph.IsConstant(node.Input[1]) && run[node.Input[1]].Values is [2f] => graph.Resolve(node.Input[0]),
        { OpType: "Mul" } when graph.Resolve(node.Input[0]) == graph.Resolve(node.Input[1]) => graph.Resolve(node.Input[0]),
        _ => null,
    };

    /// <summary>The quotient of something as wide as the norm and the root, written as a division or as a product with the inverse.</summary>
    private static string? Divided(string root, bool inverted, GraphView graph, ProbeRun run, int width)
    {
        foreach (var (node, _) in graph.Readers(root))
        {
            var result = node.Output[0];
            var isInverse = node.OpType == "Reciprocal" || (node.OpType == "Div" && graph.IsConstant(node.Input[0]));
            if (!inverted && isInverse && Divided(result, inverted: true, graph, run, width) is { } found)
            {
                return found;
            }

            if (!isInverse && node.OpType == (inverted ? "Mul" : "Div") && run[result].Dim(-1) == width)
            {
                return result;
            }
        }

        return null;
    }

    private static (string Output, string Constant)? Affine(string op, string x, int width, GraphView graph, ProbeRun run)
    {
        foreach (var (node, read) in graph.Readers(x).Where(r => r.Node.OpType == op))
        {
            var other = node.Input[0] == read ? node.Input[1] : node.Input[0];
            if (graph.IsConstant(other) && Size(run.Shape(other)) == width)
            {
                return (node.Output[0], other);
            }
        }

        return null;
    }

    private static long Size(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);
}
