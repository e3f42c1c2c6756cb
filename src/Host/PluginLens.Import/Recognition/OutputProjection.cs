using PluginLens.Import.Graph;
using PluginLens.Import.Source;

namespace PluginLens.Import.Recognition;

/// <summary>Finds W_O: the linear map that reads the heads' weighted values.</summary>
internal static class OutputProjection
{
    /// <summary>The map, and its row for each head and dimension.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="weighted">Product of pattern and values.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="width">d_head.</param>
    /// <param name="layer">For messages.</param>
    public static (Linear Map, int[] Rows) Find(Reading reading, string weighted, int heads, int width, int layer)
    {
        var (graph, batch) = (reading.Graph, reading.Run.Batch);
        var map = Reader(reading, weighted, layer);
        foreach (var view in HeadView.Of(reading.Run[weighted], batch.Batch, batch.Length, width).Where(v => v.Heads == heads))
        {
            if (ColumnMap.Find(reading.Run[map.Input], map.In, view) is { } rows && map.In == heads * width)
            {
                return (map, rows);
            }
        }

        throw new ModelException(
            $"The heads of layer {layer} could not be followed from {graph.Describe(weighted)} to the rows of {map.Node.Describe()}.");
    }

    private static Linear Reader(Reading reading, string weighted, int layer)
    {
        var graph = reading.Graph;
        var tensor = weighted;
        for (var steps = 0; steps < 32; steps++)
        {
            if (reading.Linears.FirstOrDefault(l => l.Input == tensor) is { } map)
            {
                return map;
            }

            if (graph.Consumers(tensor).FirstOrDefault(n => Operators.IsLayout(n) && n.Output.Any(graph.IsData)) is not { } next)
            {
                break;
            }

            tensor = next.Output[0];
        }

        throw new ModelException($"The weighted values of layer {layer}, {graph.Describe(weighted)}, go to no linear map (up to {graph.Describe(tensor)}).");
    }
}
