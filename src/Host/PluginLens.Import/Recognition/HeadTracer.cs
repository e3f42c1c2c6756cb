using PluginLens.Import.Graph;
using PluginLens.Import.Source;

namespace PluginLens.Import.Recognition;

/// <summary>Follows an operand of the attention back to the linear map that it comes from.</summary>
internal static class HeadTracer
{
    /// <summary>Finds the linear map behind an operand, and how heads lie in its columns.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="operand">An operand of the product of queries and keys, or of pattern and values.</param>
    /// <param name="width">d_head.</param>
    /// <param name="what">For messages: <c>q of layer 3</c>.</param>
    public static HeadProjection Trace(Reading reading, string operand, int width, string what)
    {
        var graph = reading.Graph;
        var (passed, stops) = graph.Ancestors(operand, reading.LinearOf.ContainsKey);
        if (stops.Count != 1)
        {
            var from = stops.Count == 0 ? "no linear map" : $"{stops.Count} linear maps ({string.Join(", ", stops.Select(graph.Describe))})";
            throw new ModelException($"{what}, an operand of the attention ({graph.Describe(operand)}), comes from {from}; expected one.");
        }

        if (reading.Norms.FirstOrDefault(n => passed.Contains(n.Output)) is { } norm)
        {
            throw new ModelException($"{what} passes through a norm of its own, {norm.Node.Describe()}: norms of queries and keys are not imported.");
        }

        var linear = reading.LinearOf[stops[0]];
        var (batch, length) = (reading.Run.Batch.Batch, reading.Run.Batch.Length);
        foreach (var tensor in Copies(graph, linear.Output, passed).AsEnumerable().Reverse())
        {
            foreach (var view in HeadView.Of(reading.Run[tensor], batch, length, width))
            {
                if (ColumnMap.Find(reading.Run[linear.Output], linear.Out, view) is { } columns)
                {
                    return new HeadProjection(linear, columns, view.Heads, width, tensor, view.Dense()).WithoutRepetition(batch);
                }
            }
        }

        throw new ModelException(
            $"{what}: the columns of {linear.Node.Describe()} could not be followed to the heads of width {width} in {graph.Describe(operand)}.");
    }

    /// <summary>The tensors on the one way from a linear map towards the operand that only copy it, first to last.</summary>
    private static List<string> Copies(GraphView graph, string start, HashSet<string> passed)
    {
        var copies = new List<string> { start };
        while (true)
        {
            var next = graph.Consumers(copies[^1]).Where(n => n.Output.Any(passed.Contains)).ToArray();
            if (next is not [var node] || !Operators.IsLayout(node) || node.Output.Where(passed.Contains).ToArray() is not [var output])
            {
                return copies;
            }

            copies.Add(output);
        }
    }
}
