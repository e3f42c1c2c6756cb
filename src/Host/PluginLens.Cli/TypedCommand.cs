using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>Command lines as people type them: nothing at all asks for help, an analysis alone is to be run, and case does not matter where nothing else differs.</summary>
internal static class TypedCommand
{
    /// <summary>What was meant.</summary>
    /// <param name="args">As typed.</param>
    /// <param name="root">Every command.</param>
    /// <exception cref="UsageException">It begins with a word that is neither a command nor an analysis.</exception>
    public static string[] Meant(string[] args, RootCommand root)
    {
        if (args.Length == 0)
        {
            return ["--help"];
        }

        // Directives and options of the program stand before a command.
        var word = args[0];
        if (word.Length == 0 || word[0] is '-' or '[')
        {
            return args;
        }

        if (root.Subcommands.FirstOrDefault(command => command.Name.Equals(word, StringComparison.OrdinalIgnoreCase)) is { } command)
        {
            return command.Name == "run" && args.Length > 1 && !args[1].StartsWith('-') ? ["run", "--plugin", .. args[1..]] : [command.Name, .. args[1..]];
        }

        var run = (string[])["run", "--plugin", .. args];
        string[] ids = [AllRuns.Name, .. Plugins.Ids(root.Parse(run))];
        return ids.Contains(word, StringComparer.OrdinalIgnoreCase) ? run : throw new UsageException(
            $"No command or analysis '{word}'; {Suggestion.Of(word, [.. root.Subcommands.Where(known => !known.Hidden).Select(known => known.Name), .. ids]) ?? "'pluginlens --help' shows the commands, 'pluginlens list' the analyses."}");
    }
}
