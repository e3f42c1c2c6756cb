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
        var strings = new StringTable();
        var budget = new CellBudget();
        var written = runs.ConvertAll(run => RunSection.Write(run, page, strings, budget));
        page.Write("runs", BlobWriter.Json(written));
        page.Write("strings", BlobWriter.Json(strings.Texts));
        page.Finish();
    }

    private static string Title(List<RecordedRun> runs)
    {
        var plugins = runs.ConvertAll(run => run.Plugin).Distinct().ToList();
        return plugins.Count == 1 ? plugins[0] : $"{runs.Count} runs";
    }
}
