using PluginLens.Host;
using Spectre.Console;

namespace PluginLens.Cli;

/// <summary>A run on the console: Spectre tables on a terminal, plain text in a pipe, or any other format as it is.</summary>
internal static class ConsoleResult
{
    /// <summary>Writes the run to standard output.</summary>
    /// <param name="result">The run.</param>
    /// <param name="format">table, csv, json or md.</param>
    /// <param name="view">What people see of it.</param>
    public static void Write(RunResult result, string format, ResultView view)
    {
        if (format == "table" && !Console.IsOutputRedirected)
        {
            WriteTerminal(result, view);
            return;
        }

        using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16) { NewLine = "\n" };
        ResultWriter.Of(format).Write(result, output, view with { OnTerminal = !Console.IsOutputRedirected });
    }

    private static void WriteTerminal(RunResult result, ResultView view)
    {
        foreach (var data in ResultWriter.Chosen(result, view))
        {
            var table = new Table().Border(TableBorder.Rounded).Title(Markup.Escape($"{data.Name}: {ResultSummary.OfTable(data)}"));
            foreach (var column in data.Columns)
            {
                var number = column.Kind is ColumnKind.Integer or ColumnKind.Number;
                table.AddColumn(new TableColumn(Markup.Escape(column.Name)) { Alignment = number ? Justify.Right : Justify.Left, NoWrap = true });
            }

            foreach (var line in TableLine.Of(data, view.Rows))
            {
                if (line.StartsGroup)
                {
                    table.AddEmptyRow();
                }

                if (line.Row is { } row)
                {
                    table.AddRow([.. data.Columns.Select(column => Markup.Escape(DisplayText.Of(column, row)))]);
                }
                else
                {
                    table.AddRow($"[dim]{Markup.Escape(line.Omitted)}[/]");
                }
            }

            AnsiConsole.Write(table);
        }

        foreach (var line in ResultSummary.Of(result))
        {
            AnsiConsole.WriteLine(line);
        }
    }
}
