using PluginLens.Host;
using PluginLens.Hub;

namespace PluginLens.Cli;

/// <summary>Tells the user in one line what ended a command; what a file or a server called something cannot move the cursor.</summary>
internal static class Failure
{
    private const int LongestWord = 300;

    /// <summary>Prints the line and returns the exit code.</summary>
    /// <param name="error">What went wrong.</param>
    /// <param name="verbose">Whether to show everything instead.</param>
    public static int Report(Exception error, bool verbose)
    {
        try
        {
            Console.Error.WriteLine(verbose ? Said.Everything(error) : $"pluginlens: {DisplayText.Text(Line(error))}");
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            // Nobody listens; the exit code still says it.
        }

        return ExitCode.Of(error);
    }

    /// <summary>A name of a thousand letters would bury what is said of it.</summary>
    private static string Shortened(string message) => string.Join(' ', message.Split(' ').Select(word => word.Length <= LongestWord ? word : $"{word[..(LongestWord / 2)]}…{word[^(LongestWord / 4)..]}"));

    /// <summary>The line, as somebody called things.</summary>
    /// <param name="error">What went wrong.</param>
    public static string Line(Exception error) => Shortened(Message(error).ReplaceLineEndings(" "));

    private static string Message(Exception error) => error switch
    {
        PluginException { ExitCode: ExitCode.Failed, InnerException: { } inner } when Said.Everything(inner).Contains("   at ", StringComparison.Ordinal) && !error.Message.Contains("--verbose", StringComparison.Ordinal) =>
            $"{error.Message} (--verbose shows where)",
        PluginException or UsageException or ModelException or IOException or UnauthorizedAccessException => error.Message,
        DownloadStoppedException => error.Message,
        OperationCanceledException => "Stopped; what was finished was kept.",
        OutOfMemoryException => "Out of memory; --plan says what a run needs.",
        _ => $"Unexpected {error.GetType().Name}: {Said.By(error)} (--verbose shows where; please report it).",
    };
}
