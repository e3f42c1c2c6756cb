namespace PluginLens.Host;

/// <summary>A table as an analysis filled it.</summary>
/// <param name="name">Kebab-case.</param>
/// <param name="columns">Its columns.</param>
/// <param name="groupBy">How many leading properties form a group.</param>
/// <param name="mostRows">Rows that are held; the others are counted.</param>
public sealed class TableData(string name, IReadOnlyList<Column> columns, int groupBy, int mostRows = int.MaxValue)
{
    private List<object> _rows = [];

    /// <summary>Kebab-case.</summary>
    public string Name { get; } = name;

    /// <summary>Its columns.</summary>
    public IReadOnlyList<Column> Columns { get; } = columns;

    /// <summary>How many leading columns form a group; consoles show the first rows of each.</summary>
    public int GroupBy { get; } = groupBy;

    /// <summary>The columns that form a group; they need not be among those that are shown.</summary>
    public IReadOnlyList<Column> GroupColumns { get; private init; } = [.. columns.Take(groupBy)];

    /// <summary>How many rows these were chosen from; null where they are all.</summary>
    public long? Among { get; private init; }

    /// <summary>The first rows, in the order in which they came: all that people are shown of it. A table that is kept in a folder has the others there.</summary>
    public IReadOnlyList<object> Rows => _rows;

    /// <summary>How many rows there are in all.</summary>
    public long Count { get; private set; }

    /// <summary>False when the run ended before the analysis was through.</summary>
    public bool Complete { get; internal set; } = true;

    /// <summary>The same rows with other columns.</summary>
    internal TableData With(IReadOnlyList<Column> shown) => new(Name, shown, 0) { GroupColumns = GroupColumns, Complete = Complete, Among = Among, _rows = _rows, Count = Count };

    /// <summary>Rows chosen from these, with columns and groups of theirs.</summary>
    internal TableData With(IReadOnlyList<Column> shown, IReadOnlyList<Column> groups, List<object> rows) => new(Name, shown, 0)
    {
        GroupColumns = groups,
        Complete = Complete,
        Among = rows.Count == Count ? Among : Count,
        _rows = rows,
        Count = rows.Count,
    };

    internal void Add(object row)
    {
        Count++;
        if (_rows.Count < mostRows)
        {
            _rows.Add(row);
        }
    }

    /// <summary>Rows that an earlier run wrote; they are counted.</summary>
    internal void Begin(long rows) => Count = rows;
}
