using System.Collections;
using System.Globalization;
using System.Reflection;

namespace PluginLens.Host;

/// <summary>What a record of options must keep to; said when plugins are listed where their metadata tell, and otherwise when one is loaded.</summary>
internal static class OptionRules
{
    /// <summary>The first thing that is wrong with a record of options, in one line; null where nothing is.</summary>
    /// <param name="optionsType">A record with a constructor without parameters.</param>
    /// <param name="reserved">Option names that no analysis may have.</param>
    public static string? Fault(Type optionsType, IReadOnlySet<string> reserved)
    {
        var defaults = Activator.CreateInstance(optionsType)!;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in OptionInfo.Properties(optionsType))
        {
            var name = Names.Kebab(property.Name);
            var fault = reserved.Contains(name) ? Reserved(name)
                : !seen.Add(name) ? $"two properties of {optionsType.Name} are the option --{name}; name one otherwise."
                : !OptionType.CanBind(property.PropertyType) ? Unbindable(name, property.DeclaringType!.Name)
                : property.GetCustomAttribute<AtLeastAttribute>()?.Least is { } least && Smallest(property.GetValue(defaults)) is { } value && value < least
                    ? BelowLeast(name, value.ToString(CultureInfo.InvariantCulture), least)
                    : null;
            if (fault is not null)
            {
                return fault;
            }
        }

        return null;
    }

    /// <summary>The program would take it for its own, and the plugin would never see it.</summary>
    public static string Reserved(string name) => $"its option --{name} is one of the program's own, so that nobody could give it; name the property otherwise.";

    /// <summary>No text becomes a value of its type.</summary>
    public static string Unbindable(string name, string record) =>
        $"its option --{name} ({record}) has a type that no text becomes; options are numbers, text, flags, enumerations, types with Parse, and lists of these.";

    /// <summary>A user could not give what stands there when nobody gives anything.</summary>
    public static string BelowLeast(string name, string value, double least) =>
        string.Create(CultureInfo.InvariantCulture, $"the default of its option --{name} is {value}, but [AtLeast({least})] refuses that; change one of the two.");

    private static double? Smallest(object? value) => value switch
    {
        null or string => null,
        IEnumerable list => list.Cast<object?>().Select(Smallest).Min(),
        IConvertible number => Convert.ToDouble(number, CultureInfo.InvariantCulture),
        _ => null,
    };
}
