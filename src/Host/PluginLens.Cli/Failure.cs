using PluginLens.Host;
using PluginLens.Hub;

namespace PluginLens.Cli;

/// <summary>Tells the user in one line what ended a command; what a file or a server called something cannot move the cursor.</summary>
internal static class Failure
{
    /// <summary>Prints the line and returns the exit code.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="verbose">Whether to show everything instead.</param>
    public static int Report(Exception error, bool verbose)
    {
        Console.Error.WriteLine(verbose ? Said.Everything(error) : $"pluginlens: {DisplayText.Text(Line(error))}");
        return ExitCode.Of(error);
    }

    /// <summary>The line, as somebody called things.</summary>
    /// <param name="error">What went wrong.</param>
    public static string Line(Exception error) => Message(error).ReplaceLineEndings(" ");

    private static string Message(Exception error) => error switch
    {
        PluginException or UsageException or ModelException or IOException or UnauthorizedAccessException => error.Message,
        DownloadStoppedException => error.Message,
        OperationCanceledException => "Stopped; what was finished was kept.",
        OutOfMemoryException => "Out of memory; --plan says what a run needs.",
        _ => $"Unexpected {error.GetType().Name}: {Said.By(error)} (--verbose shows where; please report it).",
    };
}
