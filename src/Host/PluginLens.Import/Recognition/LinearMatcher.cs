using PluginLens.Import.Graph;
using PluginLens.Import.Probe;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Finds every linear map with a constant matrix.</summary>
internal static class LinearMatcher
{
    public static IReadOnlyList<Linear> Find(GraphView graph, ProbeRun run)
    {
        var found = new Dictionary<string, Linear>(StringComparer.Ordinal);
        foreach (var node in graph.Nodes)
        {
            if (Product(node, graph, run) is { } product)
            {
                found[product.Output] = product;
            }
            else if (node.IsStandard() && node.OpType == "Add" && BiasOf(node, graph, run, found) is { } biased)
            {
                found.Remove(biased.Product.Output);
                found[node.Output[0]] = biased.Product with { Output = node.Output[0], Bias = biased.Bias };
            }
        }

        return [.. found.Values.OrderBy(l => graph.Order(l.Output))];
    }

    private static Linear? Product(NodeProto node, GraphView graph, ProbeRun run)
    {
        var gemm = node.IsStandard() && node.OpType == "Gemm";
        if ((!gemm && !Operators.IsMatMul(node)) || !graph.IsData(node.Input[0]) || !graph.IsConstant(node.Input[1]) || run.Shape(node.Input[1]).Length != 2)
        {
            return null;
        }

        if (node.Integer("transA") != 0 || (node.Float("beta", 1) != 1 && gemm))
        {
            throw new ModelException($"{node.Describe()} multiplies a transposed input or scales its bias; the importer reads plain products x·W + b.");
        }

        var transposed = node.Integer("transB") != 0;
        var shape = run.Shape(node.Input[1]);
        var (inner, outer) = transposed ? ((int)shape[1], (int)shape[0]) : ((int)shape[0], (int)shape[1]);
        var bias = gemm ? node.OptionalInput(2) : null;
        if (bias is not null && (!graph.IsConstant(bias) || !IsVector(run.Shape(bias), outer)))
        {
            throw new ModelException($"{node.Describe()} adds a term that is no constant vector; the importer reads plain products x·W + b.");
        }

        return new Linear(node, node.Input[0], node.Output[0], node.Input[1], transposed, node.Float("alpha", 1), bias, inner, outer);
    }

    private static (Linear Product, string Bias)? BiasOf(NodeProto node, GraphView graph, ProbeRun run, Dictionary<string, Linear> found)
    {
        for (var i = 0; i < 2; i++)
        {
            var (constant, other) = (node.Input[i], node.Input[1 - i]);
            if (graph.IsConstant(constant) && found.TryGetValue(graph.Resolve(other), out var product) && product.Bias is null && IsVector(run.Shape(constant), product.Out))
            {
                return (product, constant);
            }
        }

        return null;
    }

    private static bool IsVector(long[] shape, int width) =>
        shape.Aggregate(1L, (a, b) => a * b) is var size && (size == 1 || (size == width && shape[^1] == width));
}
