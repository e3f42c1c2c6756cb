namespace PluginLens.Host;

/// <summary>
/// Collects what one run of an analysis pushes, and passes rows and files on to the run folder, where there is one, as they come.
/// </summary>
/// <param name="folder">The run folder, or null.</param>
public sealed class ResultStore(RunFolder? folder = null)
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

    /// <summary>Opens a table, or finds the one that an earlier turn opened under this name and with these columns.</summary>
    /// <param name="name">Kebab-case.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="groupBy">How many leading columns form a group.</param>
    /// <param name="key">Of the turn: part of the name where an earlier turn's table has other columns.</param>
    /// <returns>What takes its rows.</returns>
    internal Action<object> OpenTable(string name, IReadOnlyList<Column> columns, int groupBy, string key)
    {
        var index = _tables.FindIndex(table => table.Table.Name == name);
        if (index >= 0 && !_tables[index].Table.Columns.Select(column => column.Name).SequenceEqual(columns.Select(column => column.Name)))
        {
            return OpenTable($"{name}-{key}", columns, groupBy, key);
        }

        if (index < 0)
        {
            var data = new TableData(name, columns, groupBy);
            index = _tables.Count;
            _tables.Add((data, folder?.OpenTable(data)));
        }

        var (table, csv) = _tables[index];
        return row =>
        {
            table.Add(row);
            csv?.Add(row);
        };
    }

    internal void AddFigure(string name, Figure figure)
    {
        _figures.Add(new NamedFigure(name, figure));
        folder?.WriteFigure(name, figure);
    }

    internal void AddFile(string name, Action<Stream> write) =>
        (folder ?? throw new UsageException($"This analysis writes files ('{name}'); give --out FOLDER.")).WriteFile(name, write);

    internal void AddNote(string line) => _notes.Add(line);

    internal void AddWarning(string line) => _warnings.Add(line);
}
