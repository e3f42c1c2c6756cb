using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Turns an exception into one line and an exit code; the only place that does.</summary>
internal static class Failure
{
    /// <summary>Prints the line and returns the exit code.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="verbose">Whether to show everything.</param>
    public static int Report(Exception error, bool verbose)
    {
        if (verbose)
        {
            Console.Error.WriteLine(error);
        }

        var (code, message) = error switch
        {
            PluginException plugin => (plugin.ExitCode, plugin.Message),
            UsageException or ModelException => (ExitCode.Usage, error.Message),
            OperationCanceledException => (ExitCode.Failed, "Stopped; what was finished was kept."),
            IOException or UnauthorizedAccessException => (ExitCode.Usage, error.Message),
            OutOfMemoryException => (ExitCode.Failed, "Out of memory; --plan says what a run needs."),
            _ => (ExitCode.Failed, $"Unexpected {error.GetType().Name}: {error.Message} (--verbose shows where; please report it)."),
        };
        if (!verbose)
        {
            Console.Error.WriteLine($"pluginlens: {message.ReplaceLineEndings(" ")}");
        }

        return code;
    }
}
