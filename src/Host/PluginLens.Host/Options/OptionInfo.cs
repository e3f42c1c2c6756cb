using System.Reflection;

namespace PluginLens.Host;

/// <summary>One option of an analysis, as <c>describe</c> prints it.</summary>
public sealed class OptionInfo
{
    private readonly object? _default;

    private OptionInfo(PropertyInfo property, object? defaultValue)
    {
        Property = property;
        Value = OptionType.Of(property);
        _default = defaultValue;
    }

    /// <summary>Kebab-case, without the hyphens in front: <c>only-ascii</c>.</summary>
    public string Name => Names.Kebab(Property.Name);

    /// <summary>What may be given: <c>int</c>, <c>text</c>, <c>flag</c>, …</summary>
    public string TypeWord => Value.Word;

    /// <summary>The default as the user would write it; empty where there is none.</summary>
    public string Default => OptionText.Of(_default);

    /// <summary>What the plugin's author wrote; may be empty.</summary>
    public string Help => Property.GetCustomAttribute<HelpAttribute>()?.Text ?? string.Empty;

    /// <summary>The smallest number that is allowed, or null.</summary>
    public double? Least => Value.Least;

    /// <summary>The only values, for an enumeration; else empty.</summary>
    public IReadOnlyList<string> Allowed => Value.Allowed;

    /// <summary>Whether it may stand without a value (<c>--only-ascii</c>).</summary>
    public bool IsFlag => Value.IsFlag;

    /// <summary>Whether it may be given more than once.</summary>
    public bool IsList => Value.IsList;

    internal PropertyInfo Property { get; }

    internal OptionType Value { get; }

    /// <summary>The options of a record, its own before those that it inherits.</summary>
    /// <param name="optionsType">A record with a parameterless constructor.</param>
    public static IReadOnlyList<OptionInfo> Of(Type optionsType)
    {
        var defaults = Activator.CreateInstance(optionsType)!;
        return [.. Properties(optionsType).Select(property => new OptionInfo(property, property.GetValue(defaults)))];
    }

    internal static IEnumerable<PropertyInfo> Properties(Type type)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var at = type; at is not null && at != typeof(object); at = at.BaseType)
        {
            foreach (var property in at.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            {
                if (property.SetMethod is { IsPublic: true } && property.GetMethod is not null && property.GetIndexParameters().Length == 0 && seen.Add(property.Name))
                {
                    yield return property;
                }
            }
        }
    }
}
