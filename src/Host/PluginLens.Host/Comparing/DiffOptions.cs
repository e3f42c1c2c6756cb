namespace PluginLens.Host;

/// <summary>What of two runs is compared.</summary>
public sealed record DiffOptions
{
    /// <summary>Only this table; null = all that both runs have.</summary>
    public string? Table { get; init; }

    /// <summary>How many rows at the head of a list count as its top.</summary>
    public int K { get; init; } = 10;

    /// <summary>Lists and rows told of each kind and table, those that differ most first; 0 = all.</summary>
    public int Rows { get; init; } = 20;

    /// <summary>Columns that say which row is which; null = those before the first real number, but for <c>rank</c>.</summary>
    public IReadOnlyList<string>? Key { get; init; }
}
