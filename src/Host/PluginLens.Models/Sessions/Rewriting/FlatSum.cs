using PluginLens.Models.Format.Proto;

namespace PluginLens.Models.Sessions.Rewriting;

/// <summary>
/// The sum over heads of what they write, <c>[batch, pos, head, d_head] x [head, d_head, d_model]</c>, is one product of <c>head * d_head</c> columns with the same numbers of W_O
/// read as a matrix.
/// </summary>
internal static class FlatSum
{
    /// <summary>Replaces every one in a graph.</summary>
    /// <param name="nodes">The graph.</param>
    /// <param name="isWeight">Whether an initializer is a weight, handed over separately.</param>
    /// <returns>Weights by the name under which they are read as a matrix.</returns>
    public static Dictionary<string, string> Rewrite(SliceNodes nodes, Func<string, bool> isWeight)
    {
        var views = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var node in nodes.Of("Einsum", 2).Where(node => node.Attribute is [var equation] && equation.S.ToStringUtf8() == "bphe,hed->bpd"))
        {
            if (nodes.Initializer(node.Input[1]) is not { Dims.Count: 3 } weight || !isWeight(weight.Name))
            {
                continue;
            }

            var matrix = weight.Clone();
            matrix.Name = $"_matrix.{weight.Name}";
            matrix.Dims.Clear();
            matrix.Dims.Add([weight.Dims[0] * weight.Dims[1], weight.Dims[2]]);
            nodes.Add(matrix);
            views[matrix.Name] = weight.Name;
            var rows = $"_rows.{node.Output[0]}";
            nodes.Replace(
                node,
                SliceNodes.Node("Reshape", [node.Input[0], nodes.Constant(0, 0, -1)], rows),
                SliceNodes.Node("MatMul", [rows, matrix.Name], node.Output[0]));
        }

        return views;
    }
}
