using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>What is wrong with a command line that the parser does not take: the first thing, in one line, in the words of who typed it.</summary>
internal static class TypingError
{
    /// <summary>The line; null where nothing is wrong.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="parse">What the parser made of it.</param>
    public static string? Of(IReadOnlyList<string> args, ParseResult parse)
    {
        if (args.FirstOrDefault(word => word.Contains('\uFFFD', StringComparison.Ordinal)) is { } unreadable)
        {
            return $"'{unreadable}' is no valid UTF-8: set the terminal to UTF-8, or put the text into a file and give --prompts FILE.";
        }

        if (Swallowed(args, parse) is { } swallowed)
        {
            return swallowed;
        }

        if (parse.Errors.Count == 0)
        {
            return null;
        }

        var command = parse.CommandResult.Command;
        if (command.TreatUnmatchedTokensAsErrors && parse.UnmatchedTokens is [var token, ..])
        {
            var near = Suggestion.Of(token, [.. command.Subcommands.Where(known => !known.Hidden).Select(known => known.Name), .. Options(parse).Select(option => option.Name).Distinct()]);
            return $"Did not expect '{token}'{(command is RootCommand ? string.Empty : $" after '{Path(parse)}'")}; {near ?? Shows(parse)}";
        }

        return parse.Errors[0] switch
        {
            { SymbolResult: OptionResult { Tokens.Count: 0 } option } => option.IdentifierToken is null
                ? $"'{Path(parse)}' needs {option.Option.Name} {option.Option.HelpName}; {Shows(parse)}"
                : $"{option.Option.Name} needs a value: {Expected(option.Option)}.",
            { SymbolResult: OptionResult option } => option.Tokens.Count > option.Option.Arity.MaximumNumberOfValues
                ? $"{option.Option.Name} was given {option.Tokens.Count} times; it takes one value."
                : $"{option.Option.Name} '{option.Tokens[^1].Value}': expected {Expected(option.Option)}.",
            { SymbolResult: ArgumentResult { Tokens.Count: 0 } argument } => $"'{Path(parse)}' needs {(argument.Argument.HelpName ?? argument.Argument.Name).ToUpperInvariant()}; {Shows(parse)}",
            { SymbolResult: CommandResult } when command.Subcommands.Count > 0 => $"'{Path(parse)}' needs one of {string.Join(", ", command.Subcommands.Where(known => !known.Hidden).Select(known => known.Name))}; {Shows(parse)}",
            var other => $"{other.Message.ReplaceLineEndings(" ").Replace('\t', ' ')} {Shows(parse)}",
        };
    }

    /// <summary>An option that stands where another needs its value was hardly meant as that: nobody wants a folder called --force.</summary>
    private static string? Swallowed(IReadOnlyList<string> args, ParseResult parse)
    {
        var options = Options(parse).ToList();
        Option? Known(string word) => options.Find(option => option.Name == word || option.Aliases.Contains(word));
        for (var at = 0; at + 1 < args.Count && args[at] != "--"; at++)
        {
            if (Known(args[at]) is { Arity.MinimumNumberOfValues: > 0 } option && (Known(args[at + 1]) is not null || IsLikeAnOption(args[at + 1])))
            {
                return $"{option.Name} needs a value: {Expected(option)}; found the option {args[at + 1]} (where that is the value: {option.Name}={args[at + 1]}).";
            }
        }

        return null;
    }

    private static IEnumerable<Option> Options(ParseResult parse) => parse.CommandResult.Command.Options.Concat(parse.RootCommandResult.Command.Options.Where(option => option.Recursive));

    private static string Expected(Option option)
    {
        string[] choices = option.ValueType == typeof(bool) ? [] : [.. option.CompletionSources.SelectMany(source => source(CompletionContext.Empty)).Select(item => item.Label.ToLowerInvariant()).Distinct()];
        return choices.Length > 0 ? string.Join(", ", choices) : Type.GetTypeCode(Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType) switch
        {
            TypeCode.Int32 => string.Create(CultureInfo.InvariantCulture, $"a whole number of at most {int.MaxValue}"),
            TypeCode.Double => "a number",
            _ => option.HelpName ?? "a text",
        };
    }

    /// <summary>As typed: <c>pluginlens plugins install</c>.</summary>
    private static string Path(ParseResult parse)
    {
        var names = new List<string>();
        for (SymbolResult? at = parse.CommandResult; at is CommandResult { Command: not RootCommand } command; at = at.Parent)
        {
            names.Insert(0, command.Command.Name);
        }

        return string.Join(' ', names.Prepend("pluginlens"));
    }

    private static string Shows(ParseResult parse) => $"'{Path(parse)} --help' shows how.";

    /// <summary>One of an analysis, which the parser does not know; a text that begins with hyphens has spaces.</summary>
    private static bool IsLikeAnOption(string word) => word.StartsWith("--", StringComparison.Ordinal) && Names.IsKebab(word[2..].Split('=')[0]);
}
