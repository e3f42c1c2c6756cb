using PluginLens.Host;

namespace PluginLens.Report;

/// <summary>
/// Stored runs as one page: provenance, tables and figures in a file that needs nothing else, reads nothing from a network and runs no text of a model.
/// The same folders give the same bytes.
/// </summary>
public static class ReportFile
{
    /// <summary>The run folders that a command line means.</summary>
    /// <param name="folders">Run folders, or folders of run folders.</param>
    /// <exception cref="UsageException">One of them is neither.</exception>
    public static IReadOnlyList<string> Runs(IReadOnlyList<string> folders) => RunFolders.Of(folders);

    /// <summary>Writes the report of runs, one after the other.</summary>
    /// <param name="runFolders">Run folders, or folders of run folders (<c>run --plugin all</c>).</param>
    /// <param name="output">Receives the page as UTF-8.</param>
    /// <exception cref="UsageException">A folder is not one of a run, or what is in it cannot be read.</exception>
    public static void Write(IReadOnlyList<string> runFolders, Stream output)
    {
        var runs = RunFolders.Of(runFolders).ConvertAll(RecordedRun.Read);
        using var page = new PageWriter(output, Title(runs));
        Write(runs, page.Write);
        page.Finish();
    }

    /// <summary>The data of the same report without the page around them, for one that is open already.</summary>
    /// <param name="runFolders">Run folders.</param>
    /// <param name="write">Takes each name with its data in base64, which the page's code reads under that name.</param>
    /// <exception cref="UsageException">A folder is not one of a run, or what is in it cannot be read.</exception>
    public static void WriteData(IReadOnlyList<string> runFolders, Action<string, string> write) => Write(RunFolders.Of(runFolders).ConvertAll(RecordedRun.Read), write);

    /// <summary>A page with the views of a report and no data; its code asks the server that it came from for them.</summary>
    /// <param name="title">What it is about.</param>
    /// <param name="code">What begins the page.</param>
    /// <param name="style">Styles of its own.</param>
    /// <returns>The page, and its policy for the header of the answer.</returns>
    public static (string Page, string Policy) LivePage(string title, string code, string style)
    {
        var frame = new PageFrame(code.ReplaceLineEndings("\n"), style.ReplaceLineEndings("\n"), "connect-src 'self'; ");

        // An icon of its own, so that no browser asks for one.
        return (frame.Head(title, "<link rel=\"icon\" href=\"data:,\">") + frame.Tail, frame.Policy);
    }

    private static void Write(List<RecordedRun> runs, Action<string, string> write)
    {
        var (data, strings, budget) = (new PageData(write), new StringTable(), new CellBudget());
        var written = runs.ConvertAll(run => RunSection.Write(run, data, strings, budget));
        write("runs", BlobWriter.Json(written));
        write("strings", BlobWriter.Json(strings.Texts));
    }

    private static string Title(List<RecordedRun> runs)
    {
        var plugins = runs.ConvertAll(run => run.Plugin).Distinct().ToList();
        return plugins.Count == 1 ? plugins[0] : $"{runs.Count} runs";
    }
}
