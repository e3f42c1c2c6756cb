namespace PluginLens.Host;

/// <summary>
/// Where an analysis pushes what it found where several models have their turn: rows gain a first column <c>model</c>, figures and lines the model's name, files a
/// folder of the model.
/// </summary>
/// <param name="store">The run's.</param>
/// <param name="model">Name of the model.</param>
/// <param name="key">The name as a figure's or folder's may be.</param>
internal sealed class TurnResults(ResultSink store, string model, string key) : Results
{
    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy) => OpenTable<TRow>(name, groupBy, []);

    /// <inheritdoc/>
    protected override Table<TRow> OpenTable<TRow>(string name, int groupBy, IReadOnlyCollection<string> without)
    {
        var own = RowColumns.Of(typeof(TRow), without);
        var first = new Column(own.Any(column => column.Name == "model") ? "run_model" : "model", ColumnKind.Text, row => ((TurnRow)row).Model);
        var columns = own.Select(column => column with { Get = row => column.Get(((TurnRow)row).Row) }).Prepend(first).ToList();
        return new TurnTable<TRow>(name, model, store.OpenTable(name, columns, groupBy + 1, key));
    }

    /// <inheritdoc/>
    protected override void AddFigure(string name, Figure figure) => store.AddFigure($"{name}-{key}", figure with { Title = $"{figure.Title} ({model})" });

    /// <inheritdoc/>
    protected override void AddFile(string name, Action<Stream> write) => store.AddFile($"{key}/{name}", write);

    /// <inheritdoc/>
    protected override void AddNote(string line) => store.AddNote($"{model}: {line}");

    /// <inheritdoc/>
    protected override void AddWarning(string line) => store.AddWarning($"{model}: {line}");

    private sealed record TurnRow(string Model, object Row);

    private sealed class TurnTable<TRow>(string name, string model, Action<object> append) : Table<TRow>(name)
        where TRow : class
    {
        protected override void Append(TRow row) => append(new TurnRow(model, row));
    }
}
