using PluginLens.Host;
using Spectre.Console;

namespace PluginLens.Cli;

/// <summary>A run on the console: columns that fit on a terminal, plain text in a pipe, or any other format as it is.</summary>
internal static class ConsoleResult
{
    /// <summary>Writes the run to standard output.</summary>
    /// <param name="result">The run.</param>
    /// <param name="format">table, csv, json or md.</param>
    /// <param name="view">What people see of it.</param>
    public static void Write(RunResult result, string format, ResultView view)
    {
        foreach (var line in ResultWriter.LeftOut(result, view))
        {
            Console.Error.WriteLine(line);
        }

        if (format == "table" && !Console.IsOutputRedirected)
        {
            Write(AnsiConsole.Create(new AnsiConsoleSettings { Out = Terminal.Output }), result, view);
            return;
        }

        using var output = new StreamWriter(Console.OpenStandardOutput(), new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16) { NewLine = "\n" };
        Write(output, result, format, view with { OnTerminal = !Console.IsOutputRedirected });
    }

    /// <summary>Writes the run as text; what people read cannot command a terminal.</summary>
    /// <param name="output">Receives it.</param>
    /// <param name="result">The run.</param>
    /// <param name="format">table, csv, json or md.</param>
    /// <param name="view">What people see of it.</param>
    public static void Write(TextWriter output, RunResult result, string format, ResultView view) =>
        ResultWriter.Of(format).Write(result, format is "table" or "md" ? new TerminalWriter(output) : output, view);

    /// <summary>Writes the run's tables, then what ran on what, to a terminal.</summary>
    /// <param name="console">The terminal.</param>
    /// <param name="result">The run.</param>
    /// <param name="view">What people see of it.</param>
    public static void Write(IAnsiConsole console, RunResult result, ResultView view)
    {
        foreach (var data in ResultWriter.Chosen(result, view))
        {
            TerminalTable.Write(console, data, TableLine.Of(data, view.RowsShown));
        }

        foreach (var line in ResultSummary.Of(result))
        {
            console.WriteLine(TerminalWriter.Spelled(line));
        }
    }
}
