namespace PluginLens.Plugins.AttentionTokens;

/// <summary>How often each token occurs in each head: what is held of a dataset of any length.</summary>
internal sealed class TokenTally
{
    private readonly SortedDictionary<(int Layer, int Head), Dictionary<int, long>> _counts = [];

    /// <summary>Counts.</summary>
    /// <param name="cells">The dataset.</param>
    /// <param name="component">Whose tokens they are.</param>
    /// <param name="of">Every cell, or every position once.</param>
    public TokenTally(IEnumerable<AttentionDataset.Cell> cells, AttentionComponent component, CountOf of = CountOf.Cells)
    {
        if (of == CountOf.Positions && (component is AttentionComponent.Hadamard or AttentionComponent.Dot))
        {
            throw new UsageException($"--counted positions: {component.ToString().ToLowerInvariant()} has a token for each pair of positions; count cells.");
        }

        foreach (var cell in cells.Where(cell => of == CountOf.Cells || cell.J == 0))
        {
            if (!_counts.TryGetValue((cell.Layer, cell.Head), out var counts))
            {
                _counts[(cell.Layer, cell.Head)] = counts = [];
            }

            counts[cell.Token] = counts.GetValueOrDefault(cell.Token) + 1;
        }
    }

    /// <summary>The heads, in order.</summary>
    public IEnumerable<(int Layer, int Head)> Heads => _counts.Keys;

    /// <summary>A head's tokens, most frequent first, lower ids first where equal, with their dense rank: equal frequencies share one, and none is left out.</summary>
    /// <param name="head">Which.</param>
    public IEnumerable<(int Token, long Count, int Rank)> Ranked((int Layer, int Head) head)
    {
        var (rank, previous) = (0, long.MaxValue);
        foreach (var (token, count) in _counts[head].OrderByDescending(entry => entry.Value).ThenBy(entry => entry.Key))
        {
            (rank, previous) = (count < previous ? rank + 1 : rank, count);
            yield return (token, count, rank);
        }
    }

    /// <summary>A head's tokens.</summary>
    /// <param name="head">Which.</param>
    public IReadOnlyCollection<int> Tokens((int Layer, int Head) head) => _counts[head].Keys;

    /// <summary>What was counted in a head.</summary>
    /// <param name="head">Which.</param>
    public long Total((int Layer, int Head) head) => _counts[head].Values.Sum();
}
