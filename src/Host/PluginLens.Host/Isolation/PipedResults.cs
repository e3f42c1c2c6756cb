using PluginLens.Files;

namespace PluginLens.Host;

/// <summary>In the process of an isolated analysis: passes on what it pushes, as it comes. Files lie in the process's folder, whole, before they are told of.</summary>
/// <param name="frames">To the host.</param>
/// <param name="folder">Receives files; null where the run has no folder.</param>
internal sealed class PipedResults(FrameWriter frames, string? folder) : ResultSink
{
    private int _tables;
    private int _files;

    /// <inheritdoc/>
    internal override Action<object> OpenTable(string name, IReadOnlyList<Column> columns, int groupBy, string key)
    {
        var number = Interlocked.Increment(ref _tables) - 1;
        frames.Send(Frame.Table, (number, name, columns, groupBy, key), static (writer, table) =>
        {
            writer.Write(table.number);
            FrameWriter.Text(writer, table.name);
            writer.Write(table.groupBy);
            FrameWriter.Text(writer, table.key);
            writer.Write(table.columns.Count);
            foreach (var column in table.columns)
            {
                FrameWriter.Text(writer, column.Name);
                writer.Write((int)column.Kind);
            }
        });
        return row => frames.Send(Frame.Row, (number, columns, row), static (writer, added) =>
        {
            writer.Write(added.number);
            foreach (var column in added.columns)
            {
                FrameWriter.Value(writer, column.Get(added.row));
            }
        });
    }

    /// <inheritdoc/>
    internal override void AddFigure(string name, Figure figure) => frames.Send(Frame.Figure, (name, figure.Title, FigureJson.Content(figure)), static (writer, added) =>
    {
        FrameWriter.Text(writer, added.name);
        FrameWriter.Text(writer, added.Title);
        FrameWriter.Fields(writer, added.Item3.Fields);
    });

    /// <inheritdoc/>
    internal override void AddFile(string name, Action<Stream> write)
    {
        var number = Interlocked.Increment(ref _files);
        using (var stream = new WrittenFile(Path.Combine(folder ?? throw ResultStore.WantsFolder(name), $"{number}"), FileMode.CreateNew))
        {
            write(stream);
        }

        frames.Send(Frame.File, (name, number), static (writer, file) =>
        {
            FrameWriter.Text(writer, file.name);
            writer.Write(file.number);
        });
    }

    /// <inheritdoc/>
    internal override void AddNote(string line) => frames.Send(Frame.Note, line, FrameWriter.Text);

    /// <inheritdoc/>
    internal override void AddWarning(string line) => frames.Send(Frame.Warning, line, FrameWriter.Text);

    /// <inheritdoc/>
    internal override void MarkPromptsDone(int count) => frames.Send(Frame.PromptsDone, count, static (writer, done) => writer.Write(done));
}
