using System.Globalization;
using Newtonsoft.Json.Linq;
using PluginLens.Host;

namespace PluginLens.Explore;

/// <summary>What was filled in on the page, as the command line that does the same.</summary>
/// <param name="Tab">Which window asks.</param>
/// <param name="Arguments">As after the program's name.</param>
internal sealed record RunForm(string Tab, IReadOnlyList<string> Arguments)
{
    /// <summary>Reads a form. What the page cannot have offered is refused; what was typed is the command line's to judge.</summary>
    /// <param name="json">What the page sent.</param>
    /// <param name="setup">What can be chosen.</param>
    /// <param name="options">Names of the options of an analysis.</param>
    public static RunForm Of(JObject json, ExploreSetup setup, Func<PluginEntry, IReadOnlyCollection<string>> options)
    {
        try
        {
            return Read(json, setup, options);
        }
        catch (Exception error) when (error is InvalidCastException or FormatException or OverflowException or ArgumentException)
        {
            throw new UsageException("The form is not one of this page.", error);
        }
    }

    private static RunForm Read(JObject json, ExploreSetup setup, Func<PluginEntry, IReadOnlyCollection<string>> options)
    {
        var entry = setup.Catalog.Find((string?)json["analysis"] ?? string.Empty);
        var arguments = new List<string> { "run", "--plugin", entry.Id };
        arguments.AddRange(setup.Places);
        foreach (var model in Texts(json["models"]))
        {
            var known = setup.Models.FirstOrDefault(known => known.Name == model) ?? throw new UsageException($"No model '{model}' on this page.");
            arguments.AddRange(Argument("--model", known.Name));
        }

        arguments.AddRange(Texts(json["prompts"]).SelectMany(prompt => Argument("--prompt", prompt)));
        arguments.AddRange(new[] { "bos", "no-special" }.Where(name => (bool?)json[name] == true).Select(name => $"--{name}"));
        if ((int?)json["seed"] is { } seed and not 0)
        {
            arguments.AddRange(Argument("--seed", seed.ToString(CultureInfo.InvariantCulture)));
        }

        var names = options(entry);
        foreach (var option in json["options"] is JObject given ? given.Properties() : [])
        {
            if (!names.Contains(option.Name))
            {
                throw new UsageException($"Analysis '{entry.Id}' has no option --{option.Name}.");
            }

            arguments.AddRange(option.Value is JValue { Value: bool flag } ? [flag ? $"--{option.Name}" : $"--{option.Name}=false"] : Argument($"--{option.Name}", (string?)option.Value ?? string.Empty));
        }

        return new RunForm((string?)json["tab"] ?? string.Empty, arguments);
    }

    private static IEnumerable<string> Texts(JToken? list) => (list as JArray ?? []).Select(text => (string?)text ?? string.Empty);

    /// <summary>A value that could be taken for something else stays with its name.</summary>
    private static string[] Argument(string name, string value) => value.Length > 0 && char.IsLetterOrDigit(value[0]) ? [name, value] : [$"{name}={value}"];
}
