using PluginLens.Import.Source;

namespace PluginLens.Import.Recognition;

/// <summary>Refuses a graph with weights on the way to its output that have no place in the model that was recognised.</summary>
internal static class Leftovers
{
    public static void Refuse(Transformer transformer)
    {
        var reading = transformer.Reading;
        var (needed, _) = reading.Graph.Ancestors(transformer.Head.Output, _ => false);
        var norms = transformer.Norms.ToHashSet();
        if (reading.Norms.FirstOrDefault(n => needed.Contains(n.Output) && !norms.Contains(n)) is { } norm)
        {
            throw new ModelException($"The norm {norm.Node.Describe()} is at no place where the importer knows one; it is not imported.");
        }

        var linears = transformer.Linears.Select(l => l.Output).ToHashSet();
        if (reading.Linears.FirstOrDefault(l => needed.Contains(l.Output) && !linears.Contains(l.Output)) is { } linear)
        {
            throw new ModelException($"The linear map {linear.Node.Describe()} is neither attention, MLP nor head; it is not imported.");
        }
    }
}
