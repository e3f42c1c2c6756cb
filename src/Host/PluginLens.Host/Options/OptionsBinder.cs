using System.Collections;
using System.Globalization;

namespace PluginLens.Host;

/// <summary>From names and values to an analysis's record of options, and back for the provenance. Strict: nothing unknown passes.</summary>
public static class OptionsBinder
{
    /// <summary>The record with what the user gave; everything else as its initialisers say.</summary>
    /// <param name="plugin">The analysis.</param>
    /// <param name="given">Option names (no hyphens in front) and texts in order; null = given without a value.</param>
    /// <returns>Null for an analysis without options.</returns>
    public static object? Bind(LoadedPlugin plugin, IEnumerable<KeyValuePair<string, string?>> given)
    {
        var texts = given.GroupBy(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal).ToList();
        if (plugin.OptionsType is not { } type)
        {
            return texts.Count == 0 ? null : throw new UsageException($"Analysis '{plugin.Entry.Id}' has no options; found --{texts[0].Key}.");
        }

        return Bind(type, plugin.Entry.Id, plugin.Options, texts, plugin.Entry.Reserved);
    }

    /// <summary>The record with what the user gave.</summary>
    /// <param name="optionsType">The record.</param>
    /// <param name="id">Id of the analysis, for messages.</param>
    /// <param name="given">Option names (no hyphens in front) and texts in order; null = given without a value.</param>
    public static object Bind(Type optionsType, string id, IEnumerable<KeyValuePair<string, string?>> given) =>
        Bind(optionsType, id, OptionInfo.Of(optionsType), given.GroupBy(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal));

    /// <summary>Bound options by snake_case name: numbers, text, booleans, null and lists of these.</summary>
    /// <param name="options">A bound record, or null.</param>
    public static IReadOnlyDictionary<string, object?> ToData(object? options)
    {
        var data = new Dictionary<string, object?>();
        foreach (var property in options is null ? [] : OptionInfo.Properties(options.GetType()))
        {
            data.Add(Names.Snake(property.Name), Plain(property.GetValue(options)));
        }

        return data;
    }

    private static object Bind(Type type, string id, IReadOnlyList<OptionInfo> known, IEnumerable<IGrouping<string, string?>> given, IEnumerable<string>? ofTheProgram = null)
    {
        using var output = new PluginOutput();
        var options = Activator.CreateInstance(type)!;
        foreach (var texts in given)
        {
            var info = known.FirstOrDefault(option => option.Name == texts.Key) ?? throw Unknown(id, texts.Key, known, ofTheProgram ?? []);
            info.Property.SetValue(options, info.Value.Parse(info.Name, [.. texts]));
        }

        return options;
    }

    private static UsageException Unknown(string id, string name, IReadOnlyList<OptionInfo> known, IEnumerable<string> ofTheProgram)
    {
        var near = Suggestion.Of($"--{name}", known.Select(option => $"--{option.Name}").Concat(ofTheProgram.Select(option => $"--{option}")));
        return new UsageException($"Analysis '{id}' has no option --{name}{(near is null ? "." : $"; {near}")} Known: {string.Join(", ", known.Select(option => $"--{option.Name}"))}.");
    }

    private static object? Plain(object? value) => value switch
    {
        null or bool or int or long or float or double or string => value,
        Enum member => Names.Kebab(member.ToString()),
        IEnumerable list => list.Cast<object?>().Select(Plain).ToArray(),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
