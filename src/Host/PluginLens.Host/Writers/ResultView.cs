namespace PluginLens.Host;

/// <summary>What people see of a run; <c>json</c> and <c>csv</c> always have every row.</summary>
public sealed record ResultView
{
    /// <summary>Rows shown of each of the first groups (of the table, where it has no groups); 0 = all of everything.</summary>
    public int Rows { get; init; } = 5;

    /// <summary>Only this table; null = all.</summary>
    public string? Table { get; init; }
}
