using PluginLens.Import.Graph;
using PluginLens.Import.Lowering;
using PluginLens.Import.Probe;
using PluginLens.Import.Source;

namespace PluginLens.Import.Recognition;

/// <summary>What all recognisers look at: the graph, one run of it, and the linear maps and norms found in it.</summary>
internal sealed class Reading
{
    public Reading(SourceModel model, GraphView graph, ProbeRun run, GraphView fused, IReadOnlyDictionary<string, PlainAttention> stated)
    {
        (Model, Graph, Run, Fused, Stated) = (model, graph, run, fused, stated);
        Linears = LinearMatcher.Find(graph, run);
        LinearOf = Linears.ToDictionary(l => l.Output, StringComparer.Ordinal);
        Norms = NormMatcher.Find(graph, run);
        NormOf = Norms.ToDictionary(n => n.Output, StringComparer.Ordinal);
    }

    public SourceModel Model { get; }

    public GraphView Graph { get; }

    public ProbeRun Run { get; }

    /// <summary>The graph with its attention operators as they are in the source.</summary>
    public GraphView Fused { get; }

    /// <summary>What operators state of their attention, by the name of the pattern: exact where a run is rounded, or shorter than a window.</summary>
    public IReadOnlyDictionary<string, PlainAttention> Stated { get; }

    /// <summary>Linear maps in order of execution.</summary>
    public IReadOnlyList<Linear> Linears { get; }

    /// <summary>Linear maps by the tensor that they make (bias included).</summary>
    public IReadOnlyDictionary<string, Linear> LinearOf { get; }

    public IReadOnlyList<Norm> Norms { get; }

    public IReadOnlyDictionary<string, Norm> NormOf { get; }
}
