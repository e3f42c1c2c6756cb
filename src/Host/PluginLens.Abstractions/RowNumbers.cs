using System.Reflection;

namespace PluginLens;

/// <summary>The real numbers of a row; found once for each row type, so that a row costs a call for each of them.</summary>
/// <typeparam name="TRow">A record.</typeparam>
internal static class RowNumbers<TRow>
    where TRow : class
{
    private static readonly (string Property, Func<TRow, double?> Get)[] Numbers =
        [.. RowProperties.Of(typeof(TRow)).Where(property => RowProperties.Plain(property) is var type && (type == typeof(double) || type == typeof(float))).Select(property => (property.Name, Getter(property)))];

    /// <summary>The first property that is NaN, or null.</summary>
    /// <param name="row">A row.</param>
    public static string? NaN(TRow row)
    {
        foreach (var (property, get) in Numbers)
        {
            if (get(row) is double.NaN)
            {
                return property;
            }
        }

        return null;
    }

    private static Func<TRow, double?> Getter(PropertyInfo property)
    {
        var get = property.GetMethod!;
        if (property.PropertyType == typeof(double))
        {
            var number = get.CreateDelegate<Func<TRow, double>>();
            return row => number(row);
        }

        if (property.PropertyType == typeof(float))
        {
            var number = get.CreateDelegate<Func<TRow, float>>();
            return row => number(row);
        }

        if (property.PropertyType == typeof(float?))
        {
            var number = get.CreateDelegate<Func<TRow, float?>>();
            return row => number(row);
        }

        return get.CreateDelegate<Func<TRow, double?>>();
    }
}
