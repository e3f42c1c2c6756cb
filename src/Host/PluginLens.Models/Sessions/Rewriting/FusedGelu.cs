using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>GELU, exact or by tanh, as one operator: in elementary ones each of five or eight reads and writes the widest activation of a block.</summary>
internal static class FusedGelu
{
    /// <summary>Replaces every one in a graph.</summary>
    /// <param name="nodes">The graph.</param>
    public static void Rewrite(SliceNodes nodes)
    {
        foreach (var node in nodes.Of("Mul", 2))
        {
            if (Exact(nodes, node) is { } x)
            {
                nodes.Replace(node, SliceNodes.Node("Gelu", [x], node.Output[0], SliceNodes.RuntimeDomain));
            }
            else if (ByTanh(nodes, node) is { } y)
            {
                nodes.Replace(node, SliceNodes.Node("FastGelu", [y], node.Output[0], SliceNodes.RuntimeDomain));
            }
        }
    }

    /// <summary>x of <c>x (1 + erf(x / sqrt 2)) / 2</c>.</summary>
    private static string? Exact(SliceNodes nodes, NodeProto node)
    {
        var product = Scaled(nodes, node, 0.5) is { } value ? nodes.Made(value, "Mul", 2) : null;
        var x = SliceNodes.Beside(product, operand => Unit(nodes, operand, "Erf") is not null);
        var erf = x is null ? null : Unit(nodes, product!.Input.First(operand => Unit(nodes, operand, "Erf") is not null), "Erf");
        return erf is not null && nodes.Made(erf.Input[0], "Mul", 2) is { } argument && Scaled(nodes, argument, Math.Sqrt(0.5)) == x ? x : null;
    }

    /// <summary>x of <c>x / 2 (1 + tanh(x (a + b x x)))</c>.</summary>
    private static string? ByTanh(SliceNodes nodes, NodeProto node)
    {
        var a = Math.Sqrt(2 / Math.PI);
        var half = SliceNodes.Beside(node, operand => Unit(nodes, operand, "Tanh") is not null);
        var x = half is null || nodes.Made(half, "Mul", 2) is not { } halved ? null : Scaled(nodes, halved, 0.5);
        var tanh = x is null ? null : Unit(nodes, node.Input.First(operand => operand != half), "Tanh");
        var factor = tanh is null ? null : SliceNodes.Beside(nodes.Made(tanh.Input[0], "Mul", 2), operand => operand == x);
        var quadratic = factor is null ? null : SliceNodes.Beside(nodes.Made(factor, "Add", 2), operand => nodes.Is(operand, a));
        var square = quadratic is null || nodes.Made(quadratic, "Mul", 2) is not { } scaled ? null : Scaled(nodes, scaled, 0.044715 * a);
        return square is not null && nodes.Made(square, "Mul", 2) is { } squared && squared.Input.All(operand => operand == x) ? x : null;
    }

    /// <summary>The function in <c>1 + function</c>.</summary>
    private static NodeProto? Unit(SliceNodes nodes, string value, string function) =>
        SliceNodes.Beside(nodes.Made(value, "Add", 2), operand => nodes.Is(operand, 1)) is { } inner ? nodes.Made(inner, function, 1) : null;

    private static string? Scaled(SliceNodes nodes, NodeProto node, double by) => SliceNodes.Beside(node, operand => nodes.Is(operand, by));
}
