namespace PluginLens.Testing;

/// <summary>What an analysis pushed, kept for assertions.</summary>
public sealed class CollectedResults : Results
{
    private readonly Dictionary<string, List<object>> _tables = [];
    private readonly Dictionary<string, Figure> _figures = [];
    private readonly Dictionary<string, byte[]> _files = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _warnings = [];

    /// <summary>Names of the tables that were opened.</summary>
    public IReadOnlyCollection<string> TableNames => _tables.Keys;

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
    public override Table<TRow> Table<TRow>(string name, int groupBy = 0)
    {
        var rows = new List<object>();
        _tables.Add(name, rows);
        return new Collected<TRow>(rows);
    }

    /// <inheritdoc/>
    public override void Figure(string name, Figure figure) => _figures.Add(name, figure);

    /// <inheritdoc/>
    public override void File(string name, Action<Stream> write)
    {
        using var stream = new MemoryStream();
        write(stream);
        _files.Add(name, stream.ToArray());
    }

    /// <inheritdoc/>
    public override void Note(string text) => _notes.Add(text);

    /// <inheritdoc/>
    public override void Warn(string text) => _warnings.Add(text);

    private sealed class Collected<TRow>(List<object> rows) : Table<TRow>
        where TRow : class
    {
        // As the host does: a NaN in a number is a mistake of the analysis.
        public override void Add(TRow row)
        {
            foreach (var property in typeof(TRow).GetProperties())
            {
                if (property.GetIndexParameters().Length == 0 && property.GetValue(row) is double.NaN or float.NaN)
                {
                    throw new ArgumentException($"Row {rows.Count} has NaN in '{property.Name}'.");
                }
            }

            rows.Add(row);
        }
    }
}
