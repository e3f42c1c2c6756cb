using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Finds the attention of every layer, beginning at its softmax (or at the fused operator).</summary>
internal static class AttentionMatcher
{
    public static IReadOnlyList<AttentionMatch> Find(Reading reading)
    {
        var (graph, length) = (reading.Graph, reading.Run.Batch.Length);
        var found = new List<AttentionMatch>();
        foreach (var node in graph.Nodes)
        {
            if (node.Domain == NodeParts.Contrib && node.OpType == "Attention")
            {
                found.Add(FusedAttention.Read(reading, node, found.Count));
            }
            else if (node.IsStandard() && node.OpType == "Softmax" && graph.IsData(node.Input[0]) && reading.Run.Shape(node.Input[0]) is [.., var rows, var keys]
                && rows == length && keys == length)
            {
                found.Add(Read(reading, node, found.Count));
            }
        }

        return found.Count > 0 ? found : throw new ModelException(
            $"'{reading.Model.FileName}' is not a transformer: no attention (no softmax over positions, no Attention operator); " +
            $"its first operator is {graph.Nodes[0].Operator()}.");
    }

    private static AttentionMatch Read(Reading reading, NodeProto softmax, int layer)
    {
        var graph = reading.Graph;
        var (batch, length) = (reading.Run.Batch.Batch, reading.Run.Batch.Length);
        var product = ProductBefore(graph, softmax, layer);
        var weighted = ProductAfter(graph, softmax, layer);
        var width = reading.Run[product.Input[0]].Dim(-1);
        var valueWidth = reading.Run[weighted.Output[0]].Dim(-1);
        var q = HeadTracer.Trace(reading, product.Input[0], width, $"q of layer {layer}");
        var k = HeadTracer.Trace(reading, product.Input[1], width, $"k of layer {layer}");
        var v = HeadTracer.Trace(reading, weighted.Input[1], valueWidth, $"v of layer {layer}");
        if (width != valueWidth || q.Heads % k.Heads != 0 || k.Heads != v.Heads)
        {
            throw new ModelException(
                $"Layer {layer} has {q.Heads} query heads of width {width}, {k.Heads} key heads and {v.Heads} value heads of width {valueWidth}; " +
                "expected one width, and as many keys as values.");
        }

        var input = graph.Resolve(q.Linear.Input);
        if (graph.Resolve(k.Linear.Input) != input || graph.Resolve(v.Linear.Input) != input)
        {
            throw new ModelException($"q, k and v of layer {layer} are computed from different tensors ({graph.Describe(q.Linear.Input)}, {graph.Describe(k.Linear.Input)}).");
        }

        var rotary = Rotary(reading, q, k, product, layer);
        var (output, rows) = OutputProjection.Find(reading, weighted.Output[0], q.Heads, width, layer);
        var turnedQ = rotary?.Rotate(q.Values, length, width) ?? q.Values;
        var turnedK = rotary?.Rotate(k.Values, length, width) ?? k.Values;
        var pattern = new PatternReading(reading.Run[softmax.Input[0]].Values, reading.Run[softmax.Output[0]].Values, batch * q.Heads, length);
        var scale = pattern.Scale(turnedQ, turnedK, q.Heads, k.Heads, width)
            ?? throw new ModelException($"The scores of layer {layer}, {graph.Describe(softmax.Input[0])}, are not q·k divided by a number: " +
                "soft-caps, position biases and other terms are not imported.");
        var (isCausal, window) = pattern.Visible()
            ?? throw new ModelException($"The mask of layer {layer} before {softmax.Describe()} is neither causal, windowed nor absent.");
        if (reading.Stated.GetValueOrDefault(softmax.Output[0]) is { } stated)
        {
            // Queries may be scaled before they come to the operator, too.
            scale = Math.Abs((scale * stated.Scale) - 1) < 1e-3 ? PatternReading.Snap(1 / stated.Scale, width) : scale;
            window ??= stated.Window;
        }

        window ??= isCausal ? MaskWindow.Find(reading, softmax.Input[0]) : null;
        return new AttentionMatch(layer, input, q, k, v, output, rows, scale, rotary, isCausal, window);
    }

    private static RotaryMatch? Rotary(Reading reading, HeadProjection q, HeadProjection k, NodeProto product, int layer)
    {
        var (batch, length) = (reading.Run.Batch.Batch, reading.Run.Batch.Length);
        // A run as long as a head is wide leaves open which axis is which; every way to read an operand is tried.
        IEnumerable<float[]> Operands(int i, int heads) =>
            HeadView.Of(reading.Run[product.Input[i]], batch, length, q.Width).Select(view => Repetition.Remove(view.Dense(), batch, view.Heads, heads));

        if (Operands(0, q.Heads).Any(after => RotaryMatcher.IsMultiple(q.Values, after)) && Operands(1, k.Heads).Any(after => RotaryMatcher.IsMultiple(k.Values, after)))
        {
            return null;
        }

        return Operands(0, q.Heads).Select(after => RotaryMatcher.Find(reading, q, product.Input[0], after)).FirstOrDefault(match => match is not null)
            ?? throw new ModelException(
                $"What happens to q of layer {layer} between {q.Linear.Node.Describe()} and {product.Describe()} is no rotation by position; it is not imported.");
    }

    private static NodeProto ProductBefore(GraphView graph, NodeProto softmax, int layer)
    {
        bool IsProduct(string name) => graph.Producer(name) is { } node && Operators.IsMatMul(node) && node.Input.All(graph.IsData);
        var (_, stops) = graph.Ancestors(softmax.Input[0], IsProduct);
        var product = stops.Count == 1 ? graph.Producer(stops[0])! : throw new ModelException(
            $"The scores of layer {layer}, {graph.Describe(softmax.Input[0])}, come from {stops.Count} products of queries and keys; expected one.");
        return product.Integer("transA") == 0 ? product : throw new ModelException($"{product.Describe()} transposes its queries; it is not imported.");
    }

    private static NodeProto ProductAfter(GraphView graph, NodeProto softmax, int layer)
    {
        var open = new Stack<string>(softmax.Output);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (open.TryPop(out var tensor))
        {
            foreach (var node in graph.Consumers(tensor))
            {
                if (Operators.IsMatMul(node) && node.Input[0] == tensor && graph.IsData(node.Input[1]))
                {
                    return node;
                }

                foreach (var output in node.Output.Where(o => graph.IsData(o) && seen.Add(o) && !Operators.IsMatMul(node)))
                {
                    open.Push(output);
                }
            }
        }

        throw new ModelException($"The pattern of layer {layer}, {softmax.Describe()}, is not multiplied with values; it is not imported.");
    }
}
