using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Follows the residual stream from block to block and says how each block is wired.</summary>
/// <param name="reading">What was found so far.</param>
internal sealed class ResidualWalk(Reading reading)
{
    private readonly GraphView _graph = reading.Graph;

    /// <summary>The wiring of one block, checked against the sums in the graph.</summary>
    /// <param name="attention">Its attention.</param>
    /// <param name="mlp">Its MLP, or null.</param>
    public BlockMatch Read(AttentionMatch attention, MlpMatch? mlp) =>
        Adds(attention.Output.Output, attention.Input) is null || reading.NormOf.GetValueOrDefault(attention.Input) is { } norm && Adds(attention.Output.Output, norm.Input) is not null
            ? Before(attention, mlp) : Behind(attention, mlp);

    /// <summary>The stream that a block starts from, resolved.</summary>
    public static string Start(BlockMatch block) => block.IsPost ? block.Attention.Input : block.Norm1!.Input;

    private BlockMatch Before(AttentionMatch attention, MlpMatch? mlp)
    {
        var norm1 = reading.NormOf.GetValueOrDefault(attention.Input) ?? throw new ModelException(
            $"The attention of layer {attention.Layer} reads {_graph.Describe(attention.Input)}, which is no norm of the residual stream; it is not imported.");
        var start = norm1.Input;
        var branch = attention.Output.Output;
        if (mlp is null)
        {
            return new BlockMatch(attention, null, norm1, null, false, false, Sum(attention.Layer, start, branch));
        }

        var norm2 = mlp.Input == attention.Input ? null : reading.NormOf.GetValueOrDefault(mlp.Input);
        var read = norm2?.Input ?? mlp.Input;
        var isParallel = mlp.Input == attention.Input || read == start;
        if (!isParallel && read != Adds(branch, start))
        {
            throw new ModelException(
                $"The MLP of layer {attention.Layer} reads {_graph.Describe(mlp.Input)}, which is neither the block's stream nor the stream with its attention; it is not imported.");
        }

        return new BlockMatch(attention, mlp, norm1, norm2, false, isParallel, Sum(attention.Layer, start, branch, mlp.Out.Output));
    }

    private BlockMatch Behind(AttentionMatch attention, MlpMatch? mlp)
    {
        if (mlp is null)
        {
            throw new ModelException($"Layer {attention.Layer} has norms behind its sums and no MLP; it is not imported.");
        }

        var norm1 = NormBehind(Sum(attention.Layer, attention.Input, attention.Output.Output), attention.Layer);
        if (norm1.Output != mlp.Input)
        {
            throw new ModelException($"The MLP of layer {attention.Layer} does not read the norm behind its attention but {_graph.Describe(mlp.Input)}; it is not imported.");
        }

        var norm2 = NormBehind(Sum(attention.Layer, mlp.Input, mlp.Out.Output), attention.Layer);
        return new BlockMatch(attention, mlp, norm1, norm2, true, false, norm2.Output);
    }

    private Norm NormBehind(string sum, int layer) => reading.Norms.FirstOrDefault(n => n.Input == sum)
        ?? throw new ModelException($"The sum {_graph.Describe(sum)} in layer {layer} has no norm behind it; it is not imported.");

    /// <summary>The sum of exactly these terms, in whichever order they are added.</summary>
    private string Sum(int layer, params string[] terms)
    {
        var (sum, rest) = (terms[^1], terms[..^1].ToList());
        while (rest.Count > 0)
        {
            var (next, added) = _graph.Readers(sum).Where(r => r.Node.OpType is "Add")
                .Select(r => (r.Node.Output[0], Added(r.Node, r.Read, rest)))
                .FirstOrDefault(r => r.Item2 is not null);
            if (next is null)
            {
                throw new ModelException(
                    $"Layer {layer}: {_graph.Describe(sum)} is not added to the residual stream ({string.Join(", ", rest.Select(_graph.Describe))}) but goes to " +
                    $"{string.Join(", ", _graph.Readers(sum).Select(r => r.Node.Describe()).Take(3))}; it is not imported.");
            }

            added!.ForEach(term => rest.Remove(term));
            sum = next;
        }

        return sum;
    }

    /// <summary>The terms that the other operand of an Add stands for: one of them, or a sum of several.</summary>
    private List<string>? Added(NodeProto add, string read, List<string> rest)
    {
        var other = _graph.Resolve(add.Input[0] == read ? add.Input[1] : add.Input[0]);
        if (rest.Contains(other))
        {
            return [other];
        }

        return _graph.Producer(other) is { OpType: "Add" } inner && inner.Input.Select(_graph.Resolve).ToList() is var both && both.All(rest.Contains) ? both : null;
    }

    /// <summary>The Add of two tensors, or null.</summary>
    private string? Adds(string branch, string stream) =>
        _graph.Readers(branch).Where(r => r.Node.OpType == "Add" && _graph.Resolve(r.Node.Input[0] == r.Read ? r.Node.Input[1] : r.Node.Input[0]) == stream)
            .Select(r => r.Node.Output[0]).FirstOrDefault();
}
