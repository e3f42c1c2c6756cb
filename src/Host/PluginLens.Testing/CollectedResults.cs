namespace PluginLens.Testing;

/// <summary>What an analysis pushed, kept for assertions. It refuses what the host refuses.</summary>
public sealed class CollectedResults : Results
{
    private readonly Dictionary<string, List<object>> _tables = [];
    private readonly Dictionary<string, Type> _rowTypes = [];
    private readonly Dictionary<string, Figure> _figures = [];
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _warnings = [];

    /// <summary>Names of the tables that were opened.</summary>
    public IReadOnlyCollection<string> TableNames => _tables.Keys;

    /// <summary>Row types by name of table.</summary>
    public IReadOnlyDictionary<string, Type> RowTypes => _rowTypes;

    /// <summary>Figures by name.</summary>
    public IReadOnlyDictionary<string, Figure> Figures => _figures;

    /// <summary>Contents of files by name.</summary>
    public IReadOnlyDictionary<string, byte[]> Files => _files;

    /// <summary>Notes in order.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Warnings in order.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The rows of a table.</summary>
    /// <typeparam name="TRow">The record that the analysis used.</typeparam>
    /// <param name="table">Name of the table.</param>
    public IReadOnlyList<TRow> Rows<TRow>(string table) => _tables.TryGetValue(table, out var rows)
        ? [.. rows.Cast<TRow>()]
        : throw new ArgumentException($"No table '{table}'; there are: {string.Join(", ", _tables.Keys)}.");

    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy)
    {
        var rows = new List<object>();
        _tables.Add(name, rows);
        _rowTypes.Add(name, typeof(TRow));
        return new Collected<TRow>(name, rows);
    }

    /// <inheritdoc/>
    protected override void AddFigure(string name, Figure figure) => _figures.Add(name, figure);

    /// <inheritdoc/>
    protected override void AddFile(string name, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        _files.Add(name, stream.ToArray());
    }

    /// <inheritdoc/>
    protected override void AddNote(string line) => _notes.Add(line);

    /// <inheritdoc/>
    protected override void AddWarning(string line) => _warnings.Add(line);

    private sealed class Collected<TRow>(string name, List<object> rows) : Table<TRow>(name)
        where TRow : class
    {
        protected override void Append(TRow row) => rows.Add(row);
    }
}
