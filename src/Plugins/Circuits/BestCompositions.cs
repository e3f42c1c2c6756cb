namespace PluginLens.Plugins.Circuits;

/// <summary>The best pairs of each kind, however many there are in all.</summary>
/// <param name="k">How many of each.</param>
internal sealed class BestCompositions(int k)
{
    private List<Composition> _rows = [];

    /// <summary>Kind after kind, largest score first; of equal ones the earlier heads first.</summary>
    public List<Composition> Rows => [.. Ranked().SelectMany(kind => kind.Select((row, at) => row with { Rank = at + 1 }))];

    /// <summary>Takes a pair.</summary>
    /// <param name="row">The pair.</param>
    public void Add(Composition row) => _rows.Add(row);

    /// <summary>Drops what cannot be among the best any more.</summary>
    public void Cut() => _rows = [.. Ranked().SelectMany(kind => kind)];

    private IEnumerable<IEnumerable<Composition>> Ranked() => _rows.GroupBy(row => row.Kind).OrderBy(kind => kind.Key).Select(kind => kind
        .OrderByDescending(row => row.Score).ThenBy(row => row.FromLayer).ThenBy(row => row.FromHead).ThenBy(row => row.ToLayer).ThenBy(row => row.ToHead).Take(k));
}
