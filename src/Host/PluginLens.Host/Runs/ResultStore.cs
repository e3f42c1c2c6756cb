namespace PluginLens.Host;

/// <summary>
/// Collects what one run of an analysis pushes, and passes rows and files on to the run folder, where there is one, as they come.
/// </summary>
/// <param name="folder">The run folder, or null.</param>
/// <param name="mostRows">Rows of a table that are held where a folder keeps them all.</param>
/// <param name="watch">Told what comes, or null.</param>
public sealed class ResultStore(RunFolder? folder = null, int mostRows = 100_000, RunWatch? watch = null) : ResultSink
{
    private readonly List<(TableData Table, CsvRows? Csv)> _tables = [];
    private readonly List<NamedFigure> _figures = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _warnings = [];

    /// <summary>Tables in the order in which they were opened.</summary>
    public IReadOnlyList<TableData> Tables => [.. _tables.Select(table => table.Table)];

    /// <summary>Figures in the order in which they were added.</summary>
    public IReadOnlyList<NamedFigure> Figures => _figures;

    /// <summary>Lines that belong to the result.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>What makes the result less than what was asked for.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Ends the run for its tables.</summary>
    /// <param name="complete">Whether the analysis went through.</param>
    internal void Close(bool complete) => _tables.ForEach(table => table.Table.Complete = complete);

    /// <inheritdoc/>
    internal override int PromptsDone => folder?.PromptsDone ?? 0;

    /// <inheritdoc/>
    internal override void MarkPromptsDone(int count) => folder?.Mark(count);

    /// <inheritdoc/>
    internal override Action<object> OpenTable(string name, IReadOnlyList<Column> columns, int groupBy, string key)
    {
        var index = _tables.FindIndex(table => table.Table.Name == name);
        if (index >= 0 && !_tables[index].Table.Columns.Select(column => column.Name).SequenceEqual(columns.Select(column => column.Name)))
        {
            return OpenTable($"{name}-{key}", columns, groupBy, key);
        }

        if (index < 0)
        {
            var data = new TableData(name, columns, groupBy, folder is null ? int.MaxValue : mostRows);
            index = _tables.Count;
            _tables.Add((data, folder?.OpenTable(data)));
        }

        var (table, csv) = _tables[index];
        return row =>
        {
            table.Add(row);
            csv?.Add(row);
            watch?.Row(table, row);
        };
    }

    /// <inheritdoc/>
    internal override void AddFigure(string name, Figure figure)
    {
        var named = new NamedFigure(name, figure);
        _figures.Add(named);
        folder?.WriteFigure(name, figure);
        watch?.Figure(named);
    }

    /// <inheritdoc/>
    internal override void AddFile(string name, Action<Stream> write) =>
        (folder ?? throw WantsFolder(name)).WriteFile(name, write);

    /// <inheritdoc/>
    internal override void AddNote(string line) => _notes.Add(line);

    /// <inheritdoc/>
    internal override void AddWarning(string line) => _warnings.Add(line);

    /// <summary>There is no run folder, and an analysis writes a file.</summary>
    /// <param name="name">The file.</param>
    internal static UsageException WantsFolder(string name) => new($"This analysis writes files ('{name}'); give --out FOLDER.");
}
