using System.Text;
using PluginLens.Host;
using Spectre.Console;

namespace PluginLens.Cli;

/// <summary>
/// The one place where text reaches a terminal: <see cref="Console.Out"/> and <see cref="Console.Error"/> spell out what would command it, whoever wrote that. Tables
/// and progress bars, which have colours, go past it and spell out their texts themselves.
/// </summary>
internal sealed class Terminal : IAnsiConsoleOutput
{
    private static Terminal? _output;
    private static Terminal? _errors;
    private readonly bool _redirected;

    private Terminal(TextWriter writer, bool redirected) => (Writer, _redirected) = (writer, redirected);

    /// <summary>Standard output as it is.</summary>
    public static Terminal Output => _output ?? throw new InvalidOperationException($"{nameof(Begin)} comes first.");

    /// <summary>Standard error as it is.</summary>
    public static Terminal Errors => _errors ?? throw new InvalidOperationException($"{nameof(Begin)} comes first.");

    /// <inheritdoc/>
    public TextWriter Writer { get; }

    /// <inheritdoc/>
    public bool IsTerminal => !_redirected;

    /// <inheritdoc/>
    public int Width => Size(() => Console.WindowWidth, 80);

    /// <inheritdoc/>
    public int Height => Size(() => Console.WindowHeight, 24);

    /// <summary>From now on.</summary>
    public static void Begin()
    {
        (_output, _errors) = (new Terminal(Console.Out, Console.IsOutputRedirected), new Terminal(Console.Error, Console.IsErrorRedirected));
        Console.SetOut(new TerminalWriter(Console.IsOutputRedirected ? _output.Writer : PassingLine.Before(_output.Writer)));
        Console.SetError(new TerminalWriter(PassingLine.Before(_errors.Writer)));
    }

    /// <inheritdoc/>
    public void SetEncoding(Encoding encoding)
    {
        // The program's own, for all of it.
    }

    private static int Size(Func<int> ask, int otherwise)
    {
        try
        {
            return ask() is > 0 and var size ? size : otherwise;
        }
        catch (Exception error) when (error is IOException or PlatformNotSupportedException)
        {
            return otherwise;
        }
    }
}
