using System.CommandLine;
using System.Text;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens diff RUN_A RUN_B</c>: what changed from one stored run to another.</summary>
internal static class DiffCommand
{
    private static readonly Argument<string> A = new("run_a") { Description = "The folder of a run (its --out).", HelpName = "RUN_A" };
    private static readonly Argument<string> B = new("run_b") { Description = "The folder of another: another model, another checkpoint, other options.", HelpName = "RUN_B" };
    private static readonly Option<string?> Table = new("--table") { Description = "Compare only this table.", HelpName = "NAME" };
    private static readonly Option<string?> Key = new("--key") { Description = "Columns that say which row is which, with commas between. Default: those before the first real number, but for rank.", HelpName = "COLUMNS" };
    private static readonly Option<int> K = new("--k") { Description = "Rows at the head of a list that count as its top.", HelpName = "N", DefaultValueFactory = _ => 10 };
    private static readonly Option<int> Rows = new("--rows") { Description = "Lists and rows told of each kind and table, those that differ most first; 0 = all.", HelpName = "N", DefaultValueFactory = _ => 20 };
    private static readonly Option<string> Format = GlobalOptions.Format([.. DiffWriter.Formats]);
    private static readonly Option<string?> Part = new("--part") { Description = "What --format csv prints: tables, columns, lists or rows.", HelpName = "NAME" };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Write into this file.", HelpName = "FILE" };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("diff", """
            Says what changed from one stored run to another: per table and list the overlap (Jaccard), the share of the top rows that both have, and the rank correlation
            (Spearman) over common rows; rows that are gone, new, moved or have other numbers; the largest and the mean difference of every column.
            Exit code 0 whether they differ or not.

            Examples:
              pluginlens run --plugin ov-pairs --model tiny-gpt2 --out a
              pluginlens run --plugin ov-pairs --model tiny-gpt2-folded --out b
              pluginlens diff a b
              pluginlens diff a b --format csv --part rows > rows.csv
              pluginlens diff a b --format html --out diff.html
            """)
        {
            A, B, Table, Key, K, Rows, Format, Part, Out,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parse)
    {
        if (parse.GetValue(K) < 1 || parse.GetValue(Rows) < 0)
        {
            throw new UsageException("--k takes a positive number, --rows 0 or a positive one.");
        }

        if (parse.GetValue(Part) is not null && parse.GetValue(Format) != "csv")
        {
            throw new UsageException("--part is about --format csv; the other formats have all of it.");
        }

        var options = new DiffOptions
        {
            Table = parse.GetValue(Table),
            Key = parse.GetValue(Key)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            K = parse.GetValue(K),
            Rows = parse.GetValue(Rows),
        };
        var diff = RunDiff.Of(RecordedRun.Read(parse.GetValue(A)!), RecordedRun.Read(parse.GetValue(B)!), options);
        if (parse.GetValue(Out) is not { } path)
        {
            using var console = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16) { NewLine = "\n" };
            DiffWriter.Write(diff, parse.GetValue(Format)!, console, parse.GetValue(Part));
            return ExitCode.Success;
        }

        NewFile.Write(path, stream =>
        {
            using var file = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
            DiffWriter.Write(diff, parse.GetValue(Format)!, file, parse.GetValue(Part));
        });
        return ExitCode.Success;
    }
}
