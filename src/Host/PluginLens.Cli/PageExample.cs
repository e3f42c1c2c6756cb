using System.CommandLine.Parsing;
using PluginLens.Files;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>The first command line that an analysis's page shows.</summary>
internal static class PageExample
{
    private const string Shell = "$ ./pluginlens ";

    /// <summary>Its words behind the program's name; null where there is no page, or none on it.</summary>
    /// <param name="entry">The analysis.</param>
    public static IReadOnlyList<string>? Of(PluginEntry entry)
    {
        if (entry.Page is not { } page)
        {
            return null;
        }

        try
        {
            var line = RegularFile.Text(page, SizeLimit.Words).Split('\n').FirstOrDefault(line => $"{line.TrimEnd()} ".StartsWith($"{Shell}run --plugin {entry.Id} ", StringComparison.Ordinal));
            return line is null ? null : [.. CommandLineParser.SplitCommandLine(line[Shell.Length..].TrimEnd())];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
