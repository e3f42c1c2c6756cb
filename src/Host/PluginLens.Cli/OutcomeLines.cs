using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>What <c>run --plugin all</c> prints: a line for each analysis as it ends, and in the end how many ended how.</summary>
/// <param name="ids">All of them.</param>
/// <param name="progress">Says which one runs.</param>
/// <param name="stop">Says which one is stopped.</param>
internal sealed class OutcomeLines(IReadOnlyList<string> ids, ConsoleProgress progress, Interrupt stop)
{
    private readonly int _width = ids.Append("analysis").Max(id => id.Length);
    private int _begun;

    /// <summary>An analysis begins.</summary>
    /// <param name="id">Which.</param>
    public void Begins(string id)
    {
        if (_begun++ == 0)
        {
            Line("analysis", "outcome", "seconds", string.Empty);
        }

        progress.About = $"{id} ({_begun} of {ids.Count}): ";
        progress.Report(default);
        stop.What = $"'{id}'";
    }

    /// <summary>It has ended.</summary>
    /// <param name="run">How.</param>
    public void Ended(RunOutcome run) => Line(run.Analysis, Names.Kebab(run.End.ToString()), run.Seconds is { } seconds ? $"{seconds:0.0}" : string.Empty, run.Said);

    /// <summary>All have, or the user stopped them.</summary>
    /// <param name="outcomes">How each did.</param>
    public void Summary(IReadOnlyList<RunOutcome> outcomes)
    {
        Console.WriteLine();
        Console.WriteLine(string.Join(", ", Enum.GetValues<RunEnd>().Select(end => (End: end, Count: outcomes.Count(run => run.End == end))).Where(ends => ends.Count > 0).Select(ends => $"{ends.Count} {Names.Kebab(ends.End.ToString())}")));
        Named("failed", outcomes.Where(run => run.End == RunEnd.Failed).Select(run => run.Analysis));
        Named("stopped", outcomes.Where(run => run.End == RunEnd.Stopped).Select(run => run.Analysis));
        Named("did not begin", outcomes.Any(run => run.End == RunEnd.Stopped) ? ids.Except(outcomes.Select(run => run.Analysis)) : []);
    }

    private static void Named(string how, IEnumerable<string> names)
    {
        if (string.Join(", ", names) is { Length: > 0 } all)
        {
            Console.WriteLine($"{how}: {all}");
        }
    }

    private void Line(params string[] cells)
    {
        string[] padded = [cells[0].PadRight(_width), cells[1].PadRight("outcome".Length), cells[2].PadLeft("seconds".Length), cells[3]];
        foreach (var line in Columns.Lines([padded], Columns.Width))
        {
            Console.WriteLine(line);
        }
    }
}
