using System.Text;
using System.Text.RegularExpressions;
using PluginLens.Cli;
using PluginLens.Host;
using Spectre.Console;
using Spectre.Console.Testing;

namespace PluginLens.Screens.Tests;

/// <summary>What a terminal of some width receives of a run.</summary>
/// <param name="Width">Its columns.</param>
/// <param name="Text">The text, with <c>␛</c> for the character that begins a command.</param>
internal sealed partial record Screen(int Width, string Text)
{
    /// <summary>Its lines, without the ends that nobody sees.</summary>
    public IReadOnlyList<string> Lines { get; } = [.. Text.TrimEnd().Split('\n').Select(line => line.TrimEnd())];

    /// <summary>The same without colours or anything else that is not text.</summary>
    public Screen WithoutStyle => new(Width, Style().Replace(Text, string.Empty));

    /// <summary>Text alone.</summary>
    /// <param name="result">The run.</param>
    /// <param name="width">Columns.</param>
    /// <param name="view">What is asked for; null = nothing but the run.</param>
    public static Screen Plain(RunResult result, int width, ResultView? view = null)
    {
        using var console = new TestConsole().Width(width);
        ConsoleResult.Write(console, result, view ?? new ResultView());
        return new Screen(width, console.Output);
    }

    /// <summary>As a terminal gets it that says of itself what these variables say.</summary>
    /// <param name="result">The run.</param>
    /// <param name="width">Columns.</param>
    /// <param name="term">TERM.</param>
    /// <param name="noColor">NO_COLOR.</param>
    public static Screen Of(RunResult result, int width, string term, string? noColor = null)
    {
        using var variables = new Variables(("TERM", term), ("NO_COLOR", noColor), ("COLORTERM", null));
        var output = new Window(width);
        ConsoleResult.Write(AnsiConsole.Create(new AnsiConsoleSettings { Out = output }), result, new ResultView());
        return new Screen(width, output.Writer.ToString()!.Replace('\u001B', '␛').ReplaceLineEndings("\n"));
    }

    [GeneratedRegex("␛\\[[0-9;]*m")]
    private static partial Regex Style();

    private sealed class Window(int width) : IAnsiConsoleOutput
    {
        public TextWriter Writer { get; } = new StringWriter();

        public bool IsTerminal => true;

        public int Width => width;

        public int Height => 24;

        public void SetEncoding(Encoding encoding)
        {
            // Text, not bytes.
        }
    }

    /// <summary>Variables of this process, until the end.</summary>
    private sealed class Variables : IDisposable
    {
        private readonly List<(string Name, string? Value)> _before = [];

        public Variables(params (string Name, string? Value)[] values)
        {
            foreach (var (name, value) in values)
            {
                _before.Add((name, Environment.GetEnvironmentVariable(name)));
                Environment.SetEnvironmentVariable(name, value);
            }
        }

        public void Dispose() => _before.ForEach(variable => Environment.SetEnvironmentVariable(variable.Name, variable.Value));
    }
}
