using System.CommandLine;
using PluginLens.Files;
using PluginLens.Host;
using PluginLens.Report;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens report RUN...</c>: stored runs as one page.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string[]> Runs = new("run") { Description = "Run folders (--out of a run, or of 'run --plugin all').", HelpName = "RUN", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "The page. Default: report.html in the first folder.", HelpName = "FILE.html" };

    /// <summary>The page of a run folder.</summary>
    public const string FileName = "report.html";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("report", """
            Shows stored runs as one page that needs nothing else: where they come from, tables, figures. Nothing is computed anew.

            Examples:
              pluginlens run --plugin logit-lens --prompt "The capital of France is" --out lens
              pluginlens report lens
              pluginlens report lens attention --out both.html
            """)
        {
            Runs, Out,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        var folders = parse.GetValue(Runs)!;
        var path = parse.GetValue(Out) ?? Path.Combine(folders[0], FileName);
        Write(folders, path);
        Console.WriteLine(path);
        return ExitCode.Success;
    }

    /// <summary>Writes the page; it appears whole or not at all.</summary>
    /// <param name="folders">Run folders.</param>
    /// <param name="path">The page.</param>
    public static void Write(string[] folders, string path)
    {
        var runs = ReportFile.Runs(folders);
        var partial = $"{path}.partial";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var file = new WrittenFile(partial, FileMode.Create))
            {
                ReportFile.Write(runs, file);
                SealedPage.Seal(file);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"The report '{path}' cannot be written: {error.Message.ReplaceLineEndings(" ")}", error);
        }
        finally
        {
            if (File.Exists(partial))
            {
                File.Delete(partial);
            }
        }
    }
}
