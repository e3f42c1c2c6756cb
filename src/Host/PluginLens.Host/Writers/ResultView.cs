namespace PluginLens.Host;

/// <summary>What people see of a run; <c>json</c> and <c>csv</c> have every row that the query leaves.</summary>
public sealed record ResultView
{
    /// <summary>Rows shown of each of the first groups (of the table, where it has no groups); 0 = all of everything; null = groups of up to 20 whole, else 5.</summary>
    public int? Rows { get; init; }

    /// <summary>Only this table; null = all.</summary>
    public string? Table { get; init; }

    /// <summary>Rows, order and columns that were asked for; of all formats.</summary>
    public TableQuery Query { get; init; } = new();

    /// <summary><see cref="Rows"/>, or what goes with the query where nobody says.</summary>
    public int? RowsShown => Rows ?? Query.Rows;

    /// <summary>Whether a person's terminal receives the text: nothing in <c>csv</c> or <c>json</c> may command it then. Files and pipes stay exact.</summary>
    public bool OnTerminal { get; init; }
}
