using System.CommandLine;
using PluginLens.Host;

namespace PluginLens.Cli;

/// <summary>How prompts are given on a command line.</summary>
internal static class PromptArguments
{
    private const string TextName = "--prompt", IdsName = "--ids", Hidden = "(private)";

    /// <summary>A text.</summary>
    public static Option<string[]> Text() => new(TextName) { Description = "A text to read; may repeat.", HelpName = "TEXT" };

    /// <summary>A file of texts.</summary>
    public static Option<string[]> File() => new("--prompts") { Description = "A file of texts: .txt (one a line), .csv or .tsv (columns text, label), .jsonl (fields text, label); - reads lines from standard input.", HelpName = "FILE" };

    /// <summary>Ids.</summary>
    public static Option<string[]> Ids() => new(IdsName) { Description = "Token ids instead of text; no tokenizer needed.", HelpName = "1,2,3" };

    /// <summary>What was given.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="text">Its <see cref="Text"/>.</param>
    /// <param name="file">Its <see cref="File"/>.</param>
    /// <param name="ids">Its <see cref="Ids"/>.</param>
    public static PromptSource Of(ParseResult parse, Option<string[]> text, Option<string[]> file, Option<string[]> ids) =>
        new() { Texts = parse.GetValue(text) ?? [], Files = parse.GetValue(file) ?? [], Ids = parse.GetValue(ids) ?? [] };

    /// <summary>A command line as run.json keeps it.</summary>
    /// <param name="arguments">As typed.</param>
    /// <param name="isPrivate">Whether texts and ids are left out.</param>
    public static IReadOnlyList<string> Typed(IReadOnlyList<string> arguments, bool isPrivate) =>
        isPrivate ? [.. arguments.Select((argument, at) => at > 0 && arguments[at - 1] is TextName or IdsName ? Hidden : WithoutValue(argument))] : arguments;

    /// <summary>Whether something was left out of a command line.</summary>
    /// <param name="typed">As run.json has it.</param>
    public static bool Hides(IEnumerable<string> typed) => typed.Any(argument => argument.EndsWith(Hidden, StringComparison.Ordinal));

    private static string WithoutValue(string argument)
    {
        var name = argument.Split('=', ':')[0];
        return name is TextName or IdsName && argument.Length > name.Length ? $"{name}={Hidden}" : argument;
    }
}
