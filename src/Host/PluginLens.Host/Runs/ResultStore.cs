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

    /// <summary>Ends the run for its tables.</summary>
    /// <param name="complete">Whether the analysis went through.</param>
    internal void Close(bool complete) => _tables.ForEach(table => table.Complete = complete);

    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy)
    {
        var data = new TableData(name, RowColumns.Of(typeof(TRow)), groupBy);
        _tables.Add(data);
        return new StoredTable<TRow>(data, _folder?.OpenTable(data));
    }

    /// <inheritdoc/>
    protected override void AddFigure(string name, Figure figure)
    {
        _figures.Add(new NamedFigure(name, figure));
        _folder?.WriteFigure(name, figure);
    }

    /// <inheritdoc/>
    protected override void AddFile(string name, Action<Stream> write) =>
        (_folder ?? throw new UsageException($"This analysis writes files ('{name}'); give --out FOLDER.")).WriteFile(name, write);

    /// <inheritdoc/>
    protected override void AddNote(string line) => _notes.Add(line);

    /// <inheritdoc/>
    protected override void AddWarning(string line) => _warnings.Add(line);

    private sealed class StoredTable<TRow>(TableData data, CsvRows? csv) : Table<TRow>(data.Name)
        where TRow : class
    {
        protected override void Append(TRow row)
        {
            data.Add(row);
            csv?.Add(row);
        }
    }
}
