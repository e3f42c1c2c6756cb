namespace PluginLens.Host;

/// <summary>
/// One analysis in a process of its own: the host loads none of its plugin's code and lives on whatever that does. What it finds comes through a pipe into the same
/// store and the same folder as everything else.
/// </summary>
public static class IsolatedRun
{
    /// <summary>Runs and reports, as <see cref="AnalysisRun.Execute(RunRequest)"/> does.</summary>
    /// <param name="isolation">The program, what it is asked, and its limits.</param>
    /// <param name="id">Id of the analysis.</param>
    /// <param name="place">Where it is kept, or null.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Set by Ctrl-C.</param>
    /// <param name="watch">Told what is found, or null.</param>
    public static RunResult Execute(Isolation isolation, string id, RunPlace? place, IProgress<Progress> progress, CancellationToken cancellation, RunWatch? watch = null)
    {
        using var process = new IsolatedProcess(isolation, cancellation);
        var info = Begun(process, id, progress);
        var (device, reason) = (info.Device, info.DeviceReason);
        return AnalysisRun.Execute(place?.For(id, info.Models[0].Name), Run, store => info with
        {
            Device = device,
            DeviceReason = reason,
            Notes = [.. info.Notes, .. store.Notes],
            Warnings = store.Warnings,
            Tables = store.Tables,
        }, watch: watch);

        Exception? Run(ResultStore store)
        {
            var error = PluginCode.Call(id, () => Receive(process, id, store, progress), cancellation);
            if (error is null)
            {
                error = ErrorFrame.Read(process.Frames);
                (device, reason) = (process.Frames.Text()!, process.Frames.Text());
            }

            return error;
        }
    }

    /// <summary>What a run would cost, or null where the analysis cannot say.</summary>
    /// <param name="isolation">The program, what it is asked, and its limits.</param>
    /// <param name="id">Id of the analysis.</param>
    /// <param name="cancellation">Set by Ctrl-C.</param>
    public static Cost? Plan(Isolation isolation, string id, CancellationToken cancellation)
    {
        using var process = new IsolatedProcess(isolation, cancellation);
        while (process.Frames.Next())
        {
            switch (process.Frames.Kind)
            {
                case Frame.Planned:
                    return process.Frames.Value() is object?[] cost ? new Cost((double)cost[0]!, (double)cost[1]!) { Prunes = (bool)cost[2]! } : null;
                case Frame.Refused:
                    throw ErrorFrame.Read(process.Frames)!;
            }
        }

        throw process.Silence(id);
    }

    /// <summary>The provenance of the run that begins; the error of one that does not.</summary>
    private static RunInfo Begun(IsolatedProcess process, string id, IProgress<Progress> progress)
    {
        var (frames, inputs) = (process.Frames, new PromptStore());
        while (frames.Next())
        {
            switch (frames.Kind)
            {
                case Frame.Refused:
                    throw ErrorFrame.Read(frames)!;
                case Frame.Progress:
                    Report(frames, progress);
                    break;
                case Frame.Input:
                    var input = (object?[])frames.Value()!;
                    inputs.Add(new Prompt((string?)input[0], input[2] is object?[] ids ? [.. ids.Cast<int>()] : [], (string?)input[1]));
                    break;
                case Frame.Begun:
                    var info = RunInfoFrame.Read(frames);
                    return info with { Inputs = info.Inputs is null ? null : inputs.Select(RecordedPrompt.Of) };
            }
        }

        throw process.Silence(id);
    }

    /// <summary>Everything up to the word that it ended, which stands next.</summary>
    private static void Receive(IsolatedProcess process, string id, ResultStore store, IProgress<Progress> progress)
    {
        var (frames, tables) = (process.Frames, new Dictionary<int, (Action<object> Add, int Columns)>());
        while (frames.Next())
        {
            switch (frames.Kind)
            {
                case Frame.Row:
                    var (add, columns) = tables[frames.Int()];
                    var row = new object?[columns];
                    for (var column = 0; column < columns; column++)
                    {
                        row[column] = frames.Value();
                    }

                    add(row);
                    break;
                case Frame.Progress:
                    Report(frames, progress);
                    break;
                case Frame.Table:
                    OpenTable(frames, store, tables);
                    break;
                case Frame.Figure:
                    store.AddFigure(frames.Text()!, new PipedFigure(frames.Text()!, new FigureNode(frames.Fields())));
                    break;
                case Frame.File:
                    TakeFile(store, frames.Text()!, process.FileAt(frames.Int()));
                    break;
                case Frame.Note:
                    store.AddNote(frames.Text()!);
                    break;
                case Frame.Warning:
                    store.AddWarning(frames.Text()!);
                    break;
                case Frame.PromptsDone:
                    store.MarkPromptsDone(frames.Int());
                    break;
                case Frame.Refused:
                    throw ErrorFrame.Read(frames)!;
                case Frame.Ended:
                    return;
            }
        }

        throw process.Silence(id);
    }

    private static void OpenTable(FrameReader frames, ResultStore store, Dictionary<int, (Action<object> Add, int Columns)> tables)
    {
        var (number, name, groupBy, key) = (frames.Int(), frames.Text()!, frames.Int(), frames.Text()!);
        var columns = new Column[frames.Int()];
        for (var at = 0; at < columns.Length; at++)
        {
            var cell = at;
            columns[at] = new Column(frames.Text()!, (ColumnKind)frames.Int(), row => ((object?[])row)[cell]);
        }

        tables.Add(number, (store.OpenTable(name, columns, groupBy, key), columns.Length));
    }

    private static void TakeFile(ResultStore store, string name, string path)
    {
        store.AddFile(name, stream =>
        {
            using var file = File.OpenRead(path);
            file.CopyTo(stream);
        });
        File.Delete(path);
    }

    private static void Report(FrameReader frames, IProgress<Progress> progress) => progress.Report(new Progress(frames.Double(), frames.Double(), frames.Text() ?? string.Empty));
}
