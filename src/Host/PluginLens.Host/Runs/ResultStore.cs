namespace PluginLens.Host;

/// <summary>
/// Collects what one run of an analysis pushes, and passes rows and files on to the run folder, where there is one, as they come.
/// </summary>
public sealed class ResultStore : Results
{
    private readonly RunFolder? _folder;
    private readonly List<TableData> _tables = [];
    private readonly List<NamedFigure> _figures = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Collects in memory, and in a run folder.</summary>
    /// <param name="folder">The run folder, or null.</param>
    public ResultStore(RunFolder? folder = null) => _folder = folder;

    /// <summary>Tables in the order in which they were opened.</summary>
    public IReadOnlyList<TableData> Tables => _tables;

    /// <summary>Figures in the order in which they were added.</summary>
    public IReadOnlyList<NamedFigure> Figures => _figures;

    /// <summary>Lines that belong to the result.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>What makes the result less than what was asked for.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public override Table<TRow> Table<TRow>(string name, int groupBy = 0)
    {
        CheckName("table", name);
        var columns = Columns.Of(typeof(TRow));
        ArgumentOutOfRangeException.ThrowIfNegative(groupBy);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupBy, columns.Count);
        var data = new TableData(name, columns, groupBy);
        _tables.Add(data);
        return new StoredTable<TRow>(data, _folder?.OpenTable(data));
    }

    /// <inheritdoc/>
    public override void Figure(string name, Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        CheckName("figure", name);
        _figures.Add(new NamedFigure(name, figure));
        _folder?.WriteFigure(name, figure);
    }

    /// <inheritdoc/>
    public override void File(string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (name.Length == 0 || name.StartsWith('.') || name.AsSpan().IndexOfAny('/', '\\', ':') >= 0)
        {
            throw new ArgumentException($"File '{name}' must be a plain file name.");
        }

        if (!_names.Add($"file {name}"))
        {
            throw new ArgumentException($"File '{name}' was already written in this run.");
        }

        (_folder ?? throw new UsageException($"This analysis writes files ('{name}'); give --out FOLDER.")).WriteFile(name, write);
    }

    /// <inheritdoc/>
    public override void Note(string text) => _notes.Add(OneLine.Of(text));

    /// <inheritdoc/>
    public override void Warn(string text) => _warnings.Add(OneLine.Of(text));

    private void CheckName(string what, string name)
    {
        if (!Names.IsKebab(name))
        {
            throw new ArgumentException($"The name of {what} '{name}' is not kebab-case.");
        }

        if (!_names.Add($"{what} {name}"))
        {
            throw new ArgumentException($"There is already a {what} '{name}' in this run.");
        }
    }

    private sealed class StoredTable<TRow>(TableData data, CsvRows? csv) : Table<TRow>
        where TRow : class
    {
        public override void Add(TRow row)
        {
            ArgumentNullException.ThrowIfNull(row);
            foreach (var column in data.Columns)
            {
                if (column.Kind == ColumnKind.Number && column.Get(row) is double.NaN or float.NaN)
                {
                    throw new ArgumentException($"Row {data.Rows.Count} of table '{data.Name}' has NaN in column '{column.Name}'.");
                }
            }

            data.Add(row);
            csv?.Add(row);
        }
    }
}
