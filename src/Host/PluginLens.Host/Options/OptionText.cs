using System.Collections;
using System.Globalization;

namespace PluginLens.Host;

/// <summary>A value of an option as the user would write it.</summary>
internal static class OptionText
{
    /// <summary>Empty for null and for an empty list.</summary>
    /// <param name="value">A bound or default value.</param>
    public static string Of(object? value) => value switch
    {
        null => string.Empty,
        string text => text,
        bool flag => flag ? "true" : "false",
        Enum member => Names.Kebab(member.ToString()),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(',', list.Cast<object?>().Select(Of)),
        _ => value.ToString() ?? string.Empty,
    };
}
