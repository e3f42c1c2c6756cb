using System.CommandLine;
using PluginLens.Host;
using PluginLens.Pictures;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens convert RUN --to xlsx</c>: the tables of a stored run for spreadsheet programs.</summary>
internal static class ConvertCommand
{
    private static readonly Argument<string> Folder = new("run") { Description = "The run folder (--out of the run).", HelpName = "RUN" };
    private static readonly Option<string> To = Formats();
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "xlsx: the file, default tables.xlsx in the run folder. csv: a folder, default spreadsheet/ in the run folder.", HelpName = "PATH" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("convert", """
            Writes the tables of a stored run for spreadsheet programs.

            xlsx: one file, a sheet for each table with filters, the colours of its figure, and a sheet 'about' that says what ran.
            csv: copies in which no text can run as a formula (an apostrophe stands before = + - @). The run's own CSV files are exact and have none.

            Examples:
              pluginlens convert out --to xlsx
              pluginlens convert out --to xlsx --out pairs.xlsx
              pluginlens convert out --to csv --out for-excel
            """)
        {
            Folder, To, Out,
        };
        command.SetAction(Run);
        return command;
    }

    private static Option<string> Formats()
    {
        var option = new Option<string>("--to") { Description = "xlsx or csv.", HelpName = "FORMAT", DefaultValueFactory = _ => "xlsx" };
        option.AcceptOnlyFromAmong("xlsx", "csv");
        return option;
    }

    private static int Run(ParseResult parse)
    {
        var run = RecordedRun.Read(parse.GetValue(Folder)!);
        if (run.Tables.Count == 0)
        {
            throw new UsageException($"The run in '{run.Folder}' has no tables.");
        }

        if (parse.GetValue(To) == "xlsx")
        {
            NewFile.Write(parse.GetValue(Out) ?? Path.Combine(run.Folder, "tables.xlsx"), stream => RunSpreadsheet.Write(run, stream));
            return ExitCode.Success;
        }

        foreach (var table in run.Tables)
        {
            NewFile.Write(Path.Combine(parse.GetValue(Out) ?? Path.Combine(run.Folder, "spreadsheet"), $"{table.Name}.csv"), stream => SpreadsheetCsv.Write(table, stream));
        }

        return ExitCode.Success;
    }
}
