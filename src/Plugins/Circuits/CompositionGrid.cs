namespace PluginLens.Plugins.Circuits;

/// <summary>Heat maps of compositions: the largest of each pair of layers, and every pair of heads where there are not too many.</summary>
internal sealed class CompositionGrid
{
    /// <summary>Most heads on an axis.</summary>
    private const int Most = 150;

    private readonly ModelConfig _config;
    private readonly IReadOnlyList<int> _from;
    private readonly IReadOnlyList<int> _to;
    private readonly Dictionary<CompositionKind, (double?[][] Layers, double?[][] Heads)> _values;

    /// <summary>Nothing yet.</summary>
    /// <param name="config">The model.</param>
    /// <param name="from">Layers of the heads that write.</param>
    /// <param name="to">Layers of the heads that read.</param>
    public CompositionGrid(ModelConfig config, IReadOnlyList<int> from, IReadOnlyList<int> to)
    {
        (_config, _from, _to) = (config, from, to);
        _values = Enum.GetValues<CompositionKind>().ToDictionary(kind => kind, _ => (Empty(from.Count, to.Count), ShowsHeads ? Empty(from.Count * config.NHeads, to.Count * config.NHeads) : []));
    }

    private bool ShowsHeads => Math.Max(_from.Count, _to.Count) * _config.NHeads <= Most;

    /// <summary>Takes a pair.</summary>
    /// <param name="row">The pair.</param>
    public void Add(Composition row)
    {
        var (layers, heads) = _values[row.Kind];
        var (from, to) = (Place(_from, row.FromLayer), Place(_to, row.ToLayer));
        layers[from][to] = Math.Max(layers[from][to] ?? double.NegativeInfinity, row.Excess);
        if (ShowsHeads)
        {
            heads[(from * _config.NHeads) + row.FromHead][(to * _config.NHeads) + row.ToHead] = row.Excess;
        }
    }

    /// <summary>Hands the pictures over.</summary>
    /// <param name="results">Where they go.</param>
    public void Draw(Results results)
    {
        foreach (var (kind, (layers, heads)) in _values)
        {
            results.Figure($"layers-{Name(kind)}", new Heatmap(
                $"Largest {kind}-composition of two layers", "layer that reads", "layer that writes", [.. _to.Select(layer => $"{layer}")], [.. _from.Select(layer => $"{layer}")], layers, Signed: true));
            if (ShowsHeads)
            {
                results.Figure($"heads-{Name(kind)}", new Heatmap($"{kind}-composition of heads", "head that reads", "head that writes", Labels(_to), Labels(_from), heads, Signed: true));
            }
        }

        if (!ShowsHeads)
        {
            results.Note($"pairs of heads are drawn for up to {Most} heads a side; choose layers by --from-layer and --to-layer");
        }
    }

    /// <summary>What the numbers weigh.</summary>
    /// <param name="config">The model.</param>
    /// <param name="from">Layers of the heads that write.</param>
    /// <param name="to">Layers of the heads that read.</param>
    public static Cost CostOf(ModelConfig config, IReadOnlyList<int> from, IReadOnlyList<int> to)
    {
        double layers = (double)from.Count * to.Count, most = Math.Max(from.Count, to.Count) * (double)config.NHeads;
        return new Cost(0, 3 * 16 * (layers + (most <= Most ? layers * config.NHeads * config.NHeads : 0)));
    }

    private static int Place(IReadOnlyList<int> layers, int layer) => layers.Index().First(entry => entry.Item == layer).Index;

    private static double?[][] Empty(int rows, int columns) => [.. Enumerable.Range(0, rows).Select(_ => new double?[columns])];

    private static string Name(CompositionKind kind) => $"{kind}".ToLowerInvariant();

    private string[] Labels(IReadOnlyList<int> layers) => [.. layers.SelectMany(layer => Enumerable.Range(0, _config.NHeads).Select(head => $"{layer}.{head}"))];
}
