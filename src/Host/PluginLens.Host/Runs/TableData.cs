namespace PluginLens.Host;

/// <summary>A table as an analysis filled it.</summary>
/// <param name="name">Kebab-case.</param>
/// <param name="columns">Its columns.</param>
/// <param name="groupBy">How many leading properties form a group.</param>
public sealed class TableData(string name, IReadOnlyList<Column> columns, int groupBy)
{
    private readonly List<object> _rows = [];

    /// <summary>Kebab-case.</summary>
    public string Name { get; } = name;

    /// <summary>Its columns.</summary>
    public IReadOnlyList<Column> Columns { get; } = columns;

    /// <summary>How many leading columns form a group; consoles show the first rows of each.</summary>
    public int GroupBy { get; } = groupBy;

    /// <summary>The rows, in the order in which they came.</summary>
    public IReadOnlyList<object> Rows => _rows;

    /// <summary>False when the run ended before the analysis was through.</summary>
    public bool Complete { get; internal set; } = true;

    internal void Add(object row) => _rows.Add(row);
}
