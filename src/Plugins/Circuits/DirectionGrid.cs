namespace PluginLens.Plugins.Circuits;

/// <summary>Pictures of the directions of one kind of matrix: the first words of each end, and the shares of the energy.</summary>
/// <param name="matrix">The kind.</param>
internal sealed class DirectionGrid(CircuitMatrix matrix)
{
    private readonly List<DirectionWord> _words = [];

    /// <summary>Takes words on their way.</summary>
    /// <param name="words">Words of a layer.</param>
    /// <returns>The same.</returns>
    public IReadOnlyList<DirectionWord> Add(IEnumerable<DirectionWord> words)
    {
        var taken = words.ToList();
        _words.AddRange(taken);
        return taken;
    }

    /// <summary>Hands the pictures over.</summary>
    /// <param name="results">Where they go.</param>
    /// <param name="directions">The directions of all layers.</param>
    public void Draw(Results results, List<CircuitDirection> directions)
    {
        if (directions.Count == 0)
        {
            return;
        }

        var name = $"{matrix}".ToLowerInvariant();
        string[] columns = matrix switch { CircuitMatrix.Ov => ["attended to", "written"], CircuitMatrix.Qk => ["query", "key"], CircuitMatrix.Out => ["written"], _ => ["read"] };
        var ends = _words.GroupBy(word => (word.Layer, word.Head, word.Direction, word.End)).ToList();
        results.Figure($"words-{name}", new TokenGrid(
            $"Words of the directions of {name}", "side", "circuit, direction, end", columns,
            [.. ends.Select(end => $"{Circuit(end.Key.Layer, end.Key.Head)} {end.Key.Direction}{(end.Key.End == DirectionEnd.Plus ? '+' : '-')}")],
            [.. ends.Select(end => Cells([.. end]))]));
        var most = directions.Max(direction => direction.Direction);
        var circuits = directions.GroupBy(direction => (direction.Layer, direction.Head)).ToList();
        results.Figure($"energy-{name}", new Heatmap(
            $"Share of the energy of the directions of {name}", "direction", "circuit", [.. Enumerable.Range(1, most).Select(direction => $"{direction}")],
            [.. circuits.Select(circuit => Circuit(circuit.Key.Layer, circuit.Key.Head))],
            [.. circuits.Select(circuit => Enumerable.Range(1, most).Select(at => circuit.FirstOrDefault(direction => direction.Direction == at)?.EnergyShare).ToArray())]));
    }

    private static string Circuit(int layer, int? head) => head is null ? $"{layer}" : $"{layer}.{head}";

    private TokenCell[] Cells(List<DirectionWord> list)
    {
        TokenCell Cell(Func<DirectionWord, (Token? Token, double? Score)> side)
        {
            var words = list.Select(side).Where(word => word.Token is not null).ToList();
            return words.Count == 0 ? new TokenCell(string.Empty, null) : new TokenCell(words[0].Token!.Value.Text, words[0].Score, string.Join(' ', words.Select(word => word.Token!.Value.Text)));
        }

        var (from, to) = (Cell(word => (word.From, word.FromScore)), Cell(word => (word.To, word.ToScore)));
        return matrix switch { CircuitMatrix.Out => [to], CircuitMatrix.In or CircuitMatrix.Gate => [from], _ => [from, to] };
    }
}
