using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>run --plugin all</c>: every analysis that applies, with its defaults, into one folder.</summary>
internal static class RunAll
{
    /// <summary>What stands for all of them.</summary>
    public const string Name = "all";

    /// <summary>Runs them one after the other; what cannot run is named with the reason and is no failure.</summary>
    /// <param name="catalog">What was found.</param>
    /// <param name="folder">--out: receives one run folder an analysis, and report.md with the first rows of every table.</param>
    /// <param name="request">Makes the request of a plugin with its default options.</param>
    public static int Run(PluginCatalog catalog, string? folder, Func<LoadedPlugin, object?, string?, RunRequest> request)
    {
        if (folder is null)
        {
            throw new UsageException("--plugin all writes a folder for each analysis; add --out FOLDER.");
        }

        Plugins.ReportFaults(catalog);
        Directory.CreateDirectory(folder);
        var (rows, failed) = (new List<string[]>(), false);
        using var report = new StringWriter { NewLine = "\n" };
        foreach (var entry in catalog.Entries)
        {
            var (outcome, seconds, said) = RunOne(entry, Path.Combine(folder, entry.Id), request, report);
            failed |= outcome == "failed";
            rows.Add([entry.Id, outcome, seconds, said]);
            if (outcome == "stopped")
            {
                break;
            }
        }

        File.WriteAllText(Path.Combine(folder, "report.md.partial"), report.ToString());
        File.Move(Path.Combine(folder, "report.md.partial"), Path.Combine(folder, "report.md"), overwrite: true);
        Columns.Print(["analysis", "outcome", "seconds", ""], rows);
        return failed || rows.Exists(row => row[1] == "stopped") ? ExitCode.Failed : ExitCode.Success;
    }

    private static (string Outcome, string Seconds, string Said) RunOne(
        PluginEntry entry, string folder, Func<LoadedPlugin, object?, string?, RunRequest> request, StringWriter report)
    {
        var existed = Directory.Exists(folder);
        try
        {
            var result = AnalysisRun.Execute(request(PluginLoading.Load(entry), null, folder));
            var rows = result.Tables.Sum(table => table.Rows.Count);
            if (result.Error is UsageException or ModelException && rows == 0)
            {
                // It lacks something: a prompt, a second model. A folder made for it says nothing; one of an earlier run is not ours to delete.
                if (!existed && Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }

                return ("skipped", string.Empty, result.Error.Message);
            }

            report.Write($"# {entry.Id}\n\n{entry.Description}\n\n");
            ResultWriter.Of("md").Write(result, report, new ResultView());
            report.Write("\n");
            var outcome = result.Error switch { null => "done", OperationCanceledException => "stopped", _ => "failed" };
            return (outcome, $"{result.Info.Seconds:0.0}", result.Error?.Message ?? $"{rows} rows, {Applicable(result)}");
        }
        catch (UsageException error)
        {
            return ("skipped", string.Empty, error.Message);
        }
        catch (PluginException error)
        {
            return ("failed", string.Empty, error.Message);
        }
    }

    private static string Applicable(RunResult result) => Names.Kebab(result.Info.Applicability.Verdict.ToString());
}
