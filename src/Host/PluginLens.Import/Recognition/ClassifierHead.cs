namespace PluginLens.Import.Recognition;

/// <summary>Tells the heads of classifiers from what can be read in a vocabulary; refuses a graph that ends in nothing else, in words that say so.</summary>
internal static class ClassifierHead
{
    /// <summary>The tensors on the way to the outputs that are no classifier's.</summary>
    public static IReadOnlySet<string> Without(Reading reading)
    {
        var (graph, run) = (reading.Graph, reading.Run);
        float[] ids = Array.ConvertAll(run.Batch.Ids, id => (float)id);
        var table = graph.Nodes
            .Where(n => n.OpType == "Gather" && graph.IsConstant(n.Input[0]) && graph.IsData(n.Input[1]) && run.Has(n.Input[1]) && run[n.Input[1]].Values.AsSpan().SequenceEqual(ids))
            .Select(n => run.Shape(n.Input[0])).FirstOrDefault(shape => shape.Length == 2);
        string[] outputs = [.. reading.Model.Outputs.Select(o => o.Name).Where(o => graph.IsData(o))];
        // Fewer scores than the stream is wide, and far fewer than there are tokens.
        var heads = outputs.Where(o => table is not null && run.Has(o) && run.Shape(o) is { Length: 2 or 3 } shape && shape[^1] < Math.Min(table[0] / 2, table[1])).ToList();
        var others = outputs.Except(heads).ToList();
        if (heads.Count > 0 && !others.Any(o => run.Has(o) && run.Shape(o).Length is 2 or 3))
        {
            throw Refused(heads[0], run.Shape(heads[0]), run.Batch.Length, table![0]);
        }

        return others.SelectMany(o => graph.Ancestors(o, _ => false).Passed).ToHashSet(StringComparer.Ordinal);
    }

    private static ModelException Refused(string name, long[] shape, int length, long tokens)
    {
        var isForTokens = shape.Length == 3 || shape[^1] == length;
        var scores = shape[^1] > 1 && (shape.Length == 3 || !isForTokens) ? $"{shape[^1]} scores" : "a score";
        return new ModelException(
            $"'{name}' [{string.Join(", ", shape)}] is the head of a classifier, {scores} for each {(isForTokens ? "token" : "sequence")}, and no logits over the vocabulary of {tokens} tokens. " +
            "Export the model with its LM head (--task text-generation or fill-mask), or the encoder alone (--task feature-extraction).");
    }
}
