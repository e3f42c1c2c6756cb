using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens rerun FOLDER</c>: does a run again and says what differs.</summary>
internal static class RerunCommand
{
    private static readonly Argument<string> Folder = new("folder") { Description = "The run folder (--out of the run).", HelpName = "FOLDER" };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Keep the new run in this folder.", HelpName = "FOLDER" };
    private static readonly Option<string[]> Prompt = PromptArguments.Text();
    private static readonly Option<string[]> Prompts = PromptArguments.File();
    private static readonly Option<string[]> Ids = PromptArguments.Ids();
    private static readonly Option<string> Format = GlobalOptions.Format("table", "json");

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("rerun", """
            Does a run again as its run.json says, and says what differs: how it was run, and what it found.

            Names and folders of the command line are read as they were typed, from the folder where you are. Prompts come from run.json; those of a private run are given again.
            Exit code 0: the same was found, 1: something else was, 2: it cannot be run.
            """)
        {
            Folder, Out, Prompt, Prompts, Ids, Format,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var before = RecordedRun.Read(parse.GetValue(Folder)!);
        var root = Program.Root();
        var typed = Program.Parse(root, TypedCommand.Meant([.. before.CommandLine], root));
        if (typed.Errors.Count > 0 || typed.CommandResult.Command.Name != "run")
        {
            throw new UsageException($"The command line in '{before.Folder}' is not one of this version: {string.Join(' ', before.CommandLine)}. Type it anew.");
        }

        var kept = parse.GetValue(Out);
        var folder = kept ?? Path.Combine(Path.GetTempPath(), $"pluginlens-rerun-{Guid.NewGuid():N}");
        if (Path.GetFullPath(folder) == Path.GetFullPath(before.Folder))
        {
            throw new UsageException($"--out '{kept}' is the run itself; name another folder.");
        }

        try
        {
            var result = RunCommand.Repeat(typed, parse, before, Source(parse, typed, before), folder);
            if (result.FoundNothing)
            {
                return Failure.Report(result.Error!, parse.GetValue(GlobalOptions.Verbose));
            }

            var differences = RunComparison.Of(before, RecordedRun.Read(folder));
            Print(parse.GetValue(Format)!, before, differences);
            return differences.Any(difference => difference.InResult) ? ExitCode.Failed : ExitCode.Success;
        }
        finally
        {
            if (kept is null && Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    /// <summary>What was given now, else what run.json holds, else what the command line still says.</summary>
    private static PromptSource Source(ParseResult parse, ParseResult typed, RecordedRun before)
    {
        var given = PromptArguments.Of(parse, Prompt, Prompts, Ids);
        if (given.Texts.Count + given.Files.Count + given.Ids.Count > 0)
        {
            return given;
        }

        if (before.Prompts is { } recorded)
        {
            return new PromptSource { Recorded = recorded };
        }

        return before.PromptCount == 0 || !PromptArguments.Hides(before.CommandLine)
            ? RunCommand.PromptsOf(typed)
            : throw new UsageException($"The {before.PromptCount} prompts of this run are private; give them again: --prompt TEXT, --prompts FILE or --ids 1,2,3.");
    }

    private static void Print(string format, RecordedRun before, IReadOnlyList<RunDifference> differences)
    {
        var same = differences.All(difference => !difference.InResult);
        if (format == "json")
        {
            Json.Print(new { plugin = before.Plugin, same, differences = differences.Select(difference => new { what = difference.What, how = difference.How, in_result = difference.InResult }) });
            return;
        }

        foreach (var difference in differences)
        {
            Console.WriteLine($"{(difference.InResult ? "found" : "run as")}: {difference.What}: {difference.How}");
        }

        Console.WriteLine($"{before.Plugin}: {(same ? "the same was found" : "something else was found")}");
    }
}
