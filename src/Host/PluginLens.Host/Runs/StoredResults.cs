namespace PluginLens.Host;

/// <summary>Where an analysis pushes what it found in one turn: into the store of its run.</summary>
/// <param name="store">The run's.</param>
internal sealed class StoredResults(ResultSink store) : Results
{
    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy) => OpenTable<TRow>(name, groupBy, []);

    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy, IReadOnlyCollection<string> without) =>
        new StoredTable<TRow>(name, store.OpenTable(name, RowColumns.Of(typeof(TRow), without), groupBy, string.Empty));

    /// <inheritdoc/>
    protected override void MarkPromptsDone(int count) => store.MarkPromptsDone(count);

    /// <inheritdoc/>
    protected override void AddFigure(string name, Figure figure) => store.AddFigure(name, figure);

    /// <inheritdoc/>
    protected override void AddFile(string name, Action<Stream> write) => store.AddFile(name, write);

    /// <inheritdoc/>
    protected override void AddNote(string line) => store.AddNote(line);

    /// <inheritdoc/>
    protected override void AddWarning(string line) => store.AddWarning(line);

    private sealed class StoredTable<TRow>(string name, Action<object> append) : Table<TRow>(name)
        where TRow : class
    {
        protected override void Append(TRow row) => append(row);
    }
}
