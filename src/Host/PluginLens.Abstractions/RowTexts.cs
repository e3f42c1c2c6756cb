namespace PluginLens;

/// <summary>The texts of a row: each must fit a cell, or no reader of the table could hold it.</summary>
/// <typeparam name="TRow">A record.</typeparam>
internal static class RowTexts<TRow>
    where TRow : class
{
    /// <summary>The longest text of a cell, in characters (UTF-16 units): as long as the longest prompt.</summary>
    public const int Longest = 1 << 24;

    private static readonly (string Property, Func<TRow, string?> Get)[] Texts =
        [.. RowProperties.Of(typeof(TRow)).Where(property => property.PropertyType == typeof(string)).Select(property => (property.Name, property.GetMethod!.CreateDelegate<Func<TRow, string?>>()))];

    /// <summary>The first property that is longer, and how long it is; null where none is.</summary>
    /// <param name="row">A row.</param>
    public static (string Property, int Length)? TooLong(TRow row)
    {
        foreach (var (property, get) in Texts)
        {
            if (get(row) is { Length: > Longest } text)
            {
                return (property, text.Length);
            }
        }

        return null;
    }
}
