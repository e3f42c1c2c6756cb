namespace PluginLens.Import.Recognition;

/// <summary>Refuses a graph that ends in the head of a classifier, in words that say so: there is no vocabulary to read it in.</summary>
internal static class ClassifierHead
{
    public static void Refuse(Reading reading)
    {
        var (graph, run) = (reading.Graph, reading.Run);
        float[] ids = Array.ConvertAll(run.Batch.Ids, id => (float)id);
        var table = graph.Nodes
            .Where(n => n.OpType == "Gather" && graph.IsConstant(n.Input[0]) && graph.IsData(n.Input[1]) && run.Has(n.Input[1]) && run[n.Input[1]].Values.AsSpan().SequenceEqual(ids))
            .Select(n => run.Shape(n.Input[0])).FirstOrDefault(shape => shape.Length == 2);
        var outputs = reading.Model.Outputs.Select(o => o.Name).Where(o => graph.IsData(o) && run.Has(o) && run.Shape(o).Length is 2 or 3).ToArray();
        if (table is null || outputs.Length == 0 || outputs.Any(o => run.Shape(o)[^1] >= Math.Min(table[0] / 2, table[1])))
        {
            return;
        }

        var shape = run.Shape(outputs[0]);
        var isForTokens = shape.Length == 3 || shape[^1] == run.Batch.Length;
        var scores = shape.Length == 3 || !isForTokens ? $"{shape[^1]} scores" : "a score";
        throw new ModelException(
            $"'{outputs[0]}' [{string.Join(", ", shape)}] is the head of a classifier, {scores} for each {(isForTokens ? "token" : "sequence")}, and no logits over the vocabulary of {table[0]} tokens. " +
            "Export the model with its LM head (--task text-generation or fill-mask), or the encoder alone (--task feature-extraction).");
    }
}
