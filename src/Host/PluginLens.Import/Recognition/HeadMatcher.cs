using PluginLens.Import.Graph;
using PluginLens.Import.Source;

namespace PluginLens.Import.Recognition;

/// <summary>Finds the output with the logits, and what lies between it and the last block.</summary>
internal static class HeadMatcher
{
    /// <summary>The head behind the last block.</summary>
    /// <param name="reading">What was found so far.</param>
    /// <param name="last">The last block.</param>
    /// <param name="needed">Tensors on the way to outputs that are no classifier's.</param>
    public static HeadMatch Read(Reading reading, BlockMatch last, IReadOnlySet<string> needed)
    {
        var graph = reading.Graph;
        foreach (var output in reading.Model.Outputs.OrderByDescending(o => o.Name == "logits").Select(o => BeforeSoftmax(graph, o.Name)).Where(needed.Contains))
        {
            var found = graph.ResolveSelection(output);
            if (reading.LinearOf.TryGetValue(found, out var map) && graph.ResolveSelection(map.Input) is var input && Between(reading, last, input, output, map) is { } head)
            {
                return head;
            }

            if (found == last.End && last.IsPost)
            {
                return new HeadMatch(output, null, null, null, null, null);
            }
        }

        throw NoLogits(reading);
    }

    /// <summary>What probabilities or their logarithms were computed from; any other output itself.</summary>
    private static string BeforeSoftmax(GraphView graph, string output)
    {
        var logits = output;
        while (graph.Producer(graph.ResolveSelection(logits)) is { } node && node.IsStandard() && node.OpType is "Softmax" or "LogSoftmax" or "Log")
        {
            logits = node.Input[0];
        }

        return logits;
    }

    /// <summary>The way from the unembedding's input back to the last block: nothing, a norm, or a masked-LM head.</summary>
    private static HeadMatch? Between(Reading reading, BlockMatch last, string input, string output, Linear map)
    {
        var graph = reading.Graph;
        if (input == last.End)
        {
            return new HeadMatch(output, map, null, null, null, null);
        }

        if (reading.NormOf.GetValueOrDefault(input) is not { } norm)
        {
            return null;
        }

        if (graph.ResolveSelection(norm.Input) == last.End)
        {
            return new HeadMatch(output, map, norm, null, null, null);
        }

        var (maps, operators) = MlpMatcher.Sources(reading, norm.Input);
        if (maps is not [var transform] || graph.ResolveSelection(transform.Input) != last.End)
        {
            return null;
        }

        var activation = ActivationMatcher.Find(reading.Run[transform.Output].Values, reading.Run[norm.Input].Values, null, operators)
            ?? throw new ModelException(
                $"What {norm.Node.Describe()} of the masked-LM head reads is no known activation function of {transform.Node.Describe()}; it is not imported.");
        return new HeadMatch(output, map, null, transform, activation, norm);
    }

    private static ModelException NoLogits(Reading reading)
    {
        var outputs = reading.Model.Outputs.Where(o => reading.Graph.IsData(o.Name) && reading.Run.Has(o.Name))
            .Select(o => $"'{o.Name}' [{string.Join(", ", reading.Run.Shape(o.Name))}] from {reading.Graph.Describe(reading.Graph.ResolveSelection(o.Name))}");
        return new ModelException(
            $"The graph has no logits: none of its outputs ({string.Join("; ", outputs.Take(4))}) is a linear map of the last block's stream. Export the model with its LM head.");
    }
}
