using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>The help of every command; that of <c>run</c> has its options in groups, in the order in which one thinks of them.</summary>
/// <param name="others">The help of all other commands.</param>
internal sealed class RunHelp(SynchronousCommandLineAction others) : SynchronousCommandLineAction
{
    private static readonly (string Title, string[] Options)[] Groups =
    [
        ("What to run", ["--plugin", "--plugins", "--plan"]),
        ("On what", ["--model", "--models", "--prompt", "--prompts", "--ids", "--bos", "--no-special"]),
        ("How", ["--seed", "--threads", "--device", "--no-cache", "--unverified-weights", "--isolate", "--trust", "--max-memory", "--timeout"]),
        ("What is printed", ["--format", "--table", "--rows", "--top", "--sort", "--where", "--columns", "--quiet", "--verbose"]),
        ("Where to", ["--out", "--force", "--resume", "--tables", "--figures", "--report", "--private"]),
    ];

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <summary>From now on.</summary>
    /// <param name="root">Every command.</param>
    public static void Use(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new RunHelp((SynchronousCommandLineAction)help.Action!);
    }

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var run = parseResult.CommandResult.Command;
        if (run.Name != "run")
        {
            return others.Invoke(parseResult);
        }

        Console.WriteLine($"{run.Description}\n\nUsage:\n  pluginlens run --plugin ID [options] [options of the analysis]");
        List<Option> left = [.. run.Options.Concat(parseResult.RootCommandResult.Command.Options.Where(option => option.Recursive)).Where(option => !option.Hidden)];
        var groups = Groups.Select(group => (group.Title, Options: group.Options.Select(name => left.Find(option => option.Name == name)).OfType<Option>().ToArray())).ToList();
        groups.Add(("Further", [.. left.Except(groups.SelectMany(group => group.Options))]));
        var width = left.Max(option => Usage(option).Length);
        foreach (var (title, options) in groups.Where(group => group.Options.Length > 0))
        {
            Console.WriteLine($"\n{title}:");
            foreach (var line in Columns.Lines(options.Select(option => new[] { Usage(option).PadRight(width), Says(option) }), Columns.Width))
            {
                Console.WriteLine(line);
            }
        }

        return ExitCode.Success;
    }

    private static string Usage(Option option) =>
        $"  {string.Join(", ", option.Aliases.Where(alias => alias[0] == '-').Order(StringComparer.Ordinal).Append(option.Name))}{(option.ValueType == typeof(bool) || option is HelpOption ? string.Empty : $" <{option.HelpName}>")}";

    private static string Says(Option option) => option switch
    {
        HelpOption => "This help.",
        { HasDefaultValue: true } when option.ValueType != typeof(bool) && option.GetDefaultValue() is { } value => $"{option.Description} [default: {(value is Enum ? Names.Kebab($"{value}") : value)}]",
        _ => option.Description ?? string.Empty,
    };
}
