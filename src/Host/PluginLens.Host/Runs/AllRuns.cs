using System.Text;
using PluginLens.Files;

namespace PluginLens.Host;

/// <summary><c>run --plugin all</c>: every analysis that applies, with its defaults, into one folder.</summary>
public static class AllRuns
{
    /// <summary>What stands for all of them.</summary>
    public const string Name = "all";

    private const string Report = "report.md";

    /// <summary>Runs them one after the other; what cannot run is named with the reason and is no failure.</summary>
    /// <param name="catalog">What was found.</param>
    /// <param name="place">--out: receives one run folder an analysis, and report.md with the first rows of every table.</param>
    /// <param name="inputs">On what they run.</param>
    /// <param name="isolated">How one runs in a process of its own; null for one that runs here.</param>
    /// <param name="begins">Told the id of each that begins.</param>
    /// <param name="ended">Told how each ended, as it ends.</param>
    public static IReadOnlyList<RunOutcome> Execute(
        PluginCatalog catalog, RunPlace? place, RunInputs inputs, Func<PluginEntry, Isolation?>? isolated = null, Action<string>? begins = null, Action<RunOutcome>? ended = null)
    {
        if (place?.Resumes == true)
        {
            throw new UsageException($"--resume takes up one run; --plugin {Name} is many: name the analysis.");
        }

        if (place?.Path is not { } folder)
        {
            throw new UsageException($"--plugin {Name} writes a folder for each analysis; add --out FOLDER.");
        }

        // What is wrong with models and prompts is wrong for every analysis: an error, not so many skipped ones.
        inputs.PromptsOf(inputs.OpenModels()[0]);
        Directory.CreateDirectory(folder);
        var outcomes = new List<RunOutcome>();
        using var report = new StringWriter { NewLine = "\n" };
        foreach (var entry in catalog.Entries)
        {
            begins?.Invoke(entry.Id);
            outcomes.Add(Execute(entry, place with { Path = Path.Combine(folder, entry.Id) }, inputs, isolated?.Invoke(entry), report));
            ended?.Invoke(outcomes[^1]);
            if (outcomes[^1].End == RunEnd.Stopped)
            {
                break;
            }
        }

        try
        {
            Write(Path.Combine(folder, Report), report.ToString());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            outcomes.Add(new RunOutcome(Report, RunEnd.Failed, null, OneLine.Of(error.Message)));
        }

        return outcomes;
    }

    /// <summary>What each would cost.</summary>
    /// <param name="catalog">What was found.</param>
    /// <param name="inputs">On what they would run.</param>
    /// <param name="isolated">How one says so in a process of its own; null for one that says it here.</param>
    public static IReadOnlyList<PlannedRun> Plan(PluginCatalog catalog, RunInputs inputs, Func<PluginEntry, Isolation?>? isolated = null)
    {
        inputs.PromptsOf(inputs.OpenModels()[0]);
        return [.. catalog.Entries.Select(entry => Plan(entry, inputs, isolated?.Invoke(entry)))];
    }

    private static PlannedRun Plan(PluginEntry entry, RunInputs inputs, Isolation? isolation)
    {
        try
        {
            var cost = isolation is null
                ? AnalysisRun.Plan(new RunRequest { Plugin = PluginLoading.Load(entry), Inputs = inputs })
                : IsolatedRun.Plan(isolation, entry.Id, inputs.Engine.Cancellation);
            return new PlannedRun(entry.Id, cost, cost is null ? "cannot say beforehand" : string.Empty);
        }
        catch (Exception error) when (error is UsageException or ModelException or PluginException)
        {
            return new PlannedRun(entry.Id, null, error.Message);
        }
    }

    private static RunOutcome Execute(PluginEntry entry, RunPlace place, RunInputs inputs, Isolation? isolation, StringWriter report)
    {
        try
        {
            var result = isolation is null
                ? AnalysisRun.Execute(new RunRequest { Plugin = PluginLoading.Load(entry), Inputs = inputs, Out = place })
                : IsolatedRun.Execute(isolation, entry.Id, place, inputs.Progress, inputs.Engine.Cancellation);
            if (result.FoundNothing)
            {
                return new RunOutcome(entry.Id, RunEnd.Skipped, null, result.Error!.Message);
            }

            report.Write($"# {entry.Id}\n\n{entry.Answers}\n\n");
            ResultWriter.Of("md").Write(result, report, new ResultView());
            report.Write("\n");
            return Outcome(entry.Id, result);
        }
        catch (UsageException error)
        {
            return new RunOutcome(entry.Id, RunEnd.Skipped, null, error.Message);
        }
        catch (OperationCanceledException) when (inputs.Engine.Cancellation.IsCancellationRequested)
        {
            return new RunOutcome(entry.Id, RunEnd.Stopped, null, "stopped before it began");
        }
        catch (Exception error)
        {
            // Whatever befell this one, a full disk included, the next may do better; what was run before is not lost for it.
            return new RunOutcome(entry.Id, RunEnd.Failed, null, OneLine.Of(error is PluginException or ModelException or IOException ? Said.By(error) : $"{error.GetType().Name}: {Said.By(error)}"));
        }
    }

    private static RunOutcome Outcome(string id, RunResult result)
    {
        var end = result.Info.Status switch { RunStatus.Complete => RunEnd.Done, RunStatus.Cancelled => RunEnd.Stopped, _ => RunEnd.Failed };
        var rows = result.Tables.Sum(table => table.Count);
        var counted = $"{rows} {(rows == 1 ? "row" : "rows")}";
        return new RunOutcome(id, end, result.Info.Seconds, end switch { RunEnd.Done => $"{counted}, {result.Info.Applicability.Word}", RunEnd.Stopped => $"{counted} kept", _ => Said.By(result.Error!) });
    }

    private static void Write(string path, string text)
    {
        WrittenFile.WriteAll(path + ".partial", Encoding.UTF8.GetBytes(text));
        File.Move(path + ".partial", path, overwrite: true);
    }
}
