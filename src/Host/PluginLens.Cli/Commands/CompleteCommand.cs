using System.CommandLine;
using System.CommandLine.Completions;
using PluginLens.Host;

namespace PluginLens.Cli.Commands;

/// <summary><c>pluginlens complete -- WORD...</c>, hidden: what the shells of <see cref="CompletionCommand"/> ask. One candidate a line; nothing = files.</summary>
internal static class CompleteCommand
{
    private static readonly Argument<string[]> Words = new("words") { Arity = ArgumentArity.ZeroOrMore };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("complete", "Candidates for the last of the words, as a shell asks for them.") { Words };
        command.Hidden = true;
        command.SetAction(parse =>
        {
            foreach (var candidate in Candidates(parse.RootCommandResult.Command, parse.GetValue(Words) ?? []))
            {
                Console.WriteLine(candidate);
            }

            return ExitCode.Success;
        });
        return command;
    }

    /// <summary>What the last word can become.</summary>
    /// <param name="root">Every command.</param>
    /// <param name="words">The words behind the program's name; the last is the one under the cursor, and may be empty.</param>
    private static IEnumerable<string> Candidates(Command root, string[] words)
    {
        var current = words.Length == 0 ? string.Empty : words[^1];
        IEnumerable<string> known;
        try
        {
            known = words.Length <= 1 ? [.. Names(root), .. Ids(root)] : Inside(root, words[..^1]);
        }
        catch (Exception error) when (error is UsageException or ModelException or PluginException or IOException)
        {
            // A shell shows no errors while somebody types.
            known = [];
        }

        return known.Where(candidate => candidate.StartsWith(current, StringComparison.Ordinal)).Distinct();
    }

    private static IEnumerable<string> Inside(Command root, string[] before)
    {
        var command = root.Subcommands.FirstOrDefault(known => known.Name == before[0]);
        var words = before[1..];
        if (command is null)
        {
            (command, words) = (root.Subcommands.Single(known => known.Name == "run"), ["--plugin", .. before]);
        }
        else if (command.Name == "run" && words is [var first, ..] && !first.StartsWith('-'))
        {
            words = ["--plugin", .. words];
        }

        foreach (var word in words)
        {
            command = command.Subcommands.FirstOrDefault(known => known.Name == word) ?? command;
        }

        var options = command.Options.Concat(root.Options.Where(option => option.Recursive)).ToList();
        var plugin = command.Name == "run" ? Plugin(root, words) : null;
        if (words is [.., var last] && last.StartsWith('-') && !last.Contains('=', StringComparison.Ordinal))
        {
            if (last is "--plugin" or "-p" && command.Name == "run")
            {
                return Ids(root).Append(AllRuns.Name);
            }

            if (last is "--model" or "-m")
            {
                return Models(root, words);
            }

            if (last is "--sort" or "--where" or "--columns")
            {
                return plugin?.Tables.SelectMany(table => table.Columns).Select(column => column.Name) ?? [];
            }

            if (options.Find(option => option.Name == last || option.Aliases.Contains(last)) is { } option)
            {
                if (option.ValueType != typeof(bool))
                {
                    return option.GetCompletions(CompletionContext.Empty).Select(item => item.Label);
                }
            }
            else if (plugin?.Options.FirstOrDefault(own => $"--{own.Name}" == last) is { } own && !own.IsFlag)
            {
                return own.Allowed;
            }
        }

        return
        [
            .. command.Subcommands.Where(known => !known.Hidden).Select(known => known.Name),
            .. command.Name switch { "describe" => Ids(root), "inspect" or "verify" or "attach-tokenizer" => Models(root, words), _ => [] },
            .. options.Select(option => option.Name),
            .. plugin?.Options.Select(own => $"--{own.Name}") ?? [],
        ];
    }

    /// <summary>The analysis that the words name; null where they name none that can be loaded.</summary>
    private static LoadedPlugin? Plugin(Command root, string[] words)
    {
        var at = Array.FindIndex(words, word => word is "--plugin" or "-p") + 1;
        try
        {
            return at > 0 && at < words.Length && words[at] != AllRuns.Name ? Plugins.Load(((RootCommand)root).Parse(["run", .. words]), words[at]) : null;
        }
        catch (PluginException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Names(Command root) => root.Subcommands.Where(command => !command.Hidden).Select(command => command.Name);

    private static IEnumerable<string> Ids(Command root) => Plugins.Ids(((RootCommand)root).Parse([]));

    private static IEnumerable<string> Models(Command root, string[] words) =>
        new ModelLocator(((RootCommand)root).Parse(["run", .. words]).GetValue(GlobalOptions.Models)).All().Select(path => Path.GetFileName(path));
}
