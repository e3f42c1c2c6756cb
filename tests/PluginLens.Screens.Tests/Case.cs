using System.Text.RegularExpressions;
using Newtonsoft.Json.Linq;

namespace PluginLens.Screens.Tests;

/// <summary>A run of an analysis whose screens are kept: that of its first golden case, which is on models that answer at once.</summary>
/// <param name="Analysis">Its id.</param>
/// <param name="Arguments">What follows <c>pluginlens</c>.</param>
internal sealed record Case(string Analysis, string[] Arguments)
{
    private static readonly Dictionary<string, string[]> Own = new()
    {
        // These have no golden case: one writes files, the other draws at random.
        ["activations"] = ["--model", "tiny-gpt2", "--prompt", "the king said to his", "--hooks", "blocks.*.hook_resid_post,ln_final.hook_normalized"],
        ["random-inputs"] = ["--model", "tiny-gpt2", "--count", "6"],
    };

    /// <summary>The case of an analysis.</summary>
    /// <param name="analysis">Its id.</param>
    public static Case Of(string analysis)
    {
        if (Own.TryGetValue(analysis, out var own))
        {
            return new Case(analysis, ["run", "--plugin", analysis, .. own]);
        }

        var golden = Directory.EnumerateFiles(Path.Combine(Places.Root, "tests", "Golden", "embedded"), $"{analysis}*.json").Order(StringComparer.Ordinal)
            .Select(path => JObject.Parse(File.ReadAllText(path))["arguments"]!.Values<string>().OfType<string>().ToArray())
            .FirstOrDefault(arguments => arguments[Array.IndexOf(arguments, "--plugin") + 1] == analysis);
        return new Case(analysis, ["run", .. golden ?? throw new InvalidOperationException($"'{analysis}' has neither a golden case nor one of its own here.")]);
    }

    /// <summary>A command line of a page.</summary>
    /// <param name="command">It, from <c>./pluginlens</c> on.</param>
    public static Case Typed(string command)
    {
        string[] words = [.. Regex.Matches(command, "\"([^\"]*)\"|(\\S+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];
        return new Case(words[Array.IndexOf(words, "--plugin") + 1], words[1..]);
    }

    /// <summary>As it is typed.</summary>
    public override string ToString() => $"pluginlens {string.Join(' ', Arguments.Select(argument => Regex.IsMatch(argument, "^[^\\s\"]+$") ? argument : $"\"{argument}\""))}";
}
