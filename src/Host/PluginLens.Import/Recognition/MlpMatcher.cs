using PluginLens.Import.Graph;
using PluginLens.Import.Source;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Import.Recognition;

/// <summary>Finds MLPs: linear maps whose input is an activation function of other linear maps.</summary>
internal static class MlpMatcher
{
    /// <summary>MLPs in order of execution.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="taken">Linear maps that belong to the attention.</param>
    /// <param name="needed">Tensors on the way to outputs that are read.</param>
    public static IReadOnlyList<MlpMatch> Find(Reading reading, IReadOnlySet<Linear> taken, IReadOnlySet<string> needed) =>
        [.. reading.Linears.Where(l => !taken.Contains(l) && needed.Contains(l.Output)).Select(l => Read(reading, l, taken)).OfType<MlpMatch>()];

    /// <summary>The maps from whose outputs a tensor is computed elementwise, and the operators on the way; none where it comes from anything else.</summary>
    public static (IReadOnlyList<Linear> Maps, IReadOnlySet<string> Operators) Sources(Reading reading, string tensor)
    {
        var graph = reading.Graph;
        var (passed, stops) = graph.Ancestors(tensor, name => reading.LinearOf.ContainsKey(name) || reading.NormOf.ContainsKey(name));
        var operators = passed.Except(stops).Select(graph.Producer).OfType<NodeProto>().Select(n => n.OpType).ToHashSet();
        var elementwise = stops.Count > 0 && !operators.IsSubsetOf(["Reshape", "Cast", "Identity", "Squeeze", "Unsqueeze"]) && stops.All(reading.LinearOf.ContainsKey) && !operators.Overlaps(["Softmax", "MatMul", "Gather"]);
        return (elementwise ? [.. stops.Select(s => reading.LinearOf[s])] : [], operators);
    }

    private static MlpMatch? Read(Reading reading, Linear output, IReadOnlySet<Linear> taken)
    {
        var (maps, operators) = Sources(reading, output.Input);
        // The first map of an MLP stands behind a norm; one behind the stream itself has many maps among its sources, the attention's among them.
        if (maps.Count is 0 or > 2 || maps.Any(taken.Contains))
        {
            return null;
        }

        var post = reading.Run[output.Input].Values;
        foreach (var (gate, linear) in Branches(maps, output.In))
        {
            if (ActivationMatcher.Find(gate.Values(reading.Run), post, linear?.Values(reading.Run), operators) is { } name)
            {
                return new MlpMatch(reading.Graph.Resolve(gate.Linear.Input), linear ?? gate, linear is null ? null : gate, output, name);
            }
        }

        throw new ModelException(
            $"What {output.Node.Describe()} reads is no known activation function of {string.Join(" and ", maps.Select(m => m.Node.Describe()))} " +
            $"(operators on the way: {string.Join(", ", operators.Order(StringComparer.Ordinal))}); it is not imported.");
    }

    /// <summary>What can be activated, and what can be multiplied with it.</summary>
    private static IEnumerable<(ColumnRange Gate, ColumnRange? Linear)> Branches(IReadOnlyList<Linear> maps, int width)
    {
        if (maps is [var one] && one.Out == width)
        {
            yield return (new ColumnRange(one, 0, width), null);
        }
        else if (maps is [var fused] && fused.Out == 2 * width)
        {
            yield return (new ColumnRange(fused, 0, width), new ColumnRange(fused, width, width));
            yield return (new ColumnRange(fused, width, width), new ColumnRange(fused, 0, width));
        }
        else if (maps is [var a, var b] && a.Out == width && b.Out == width)
        {
            yield return (new ColumnRange(a, 0, width), new ColumnRange(b, 0, width));
            yield return (new ColumnRange(b, 0, width), new ColumnRange(a, 0, width));
        }
    }
}
