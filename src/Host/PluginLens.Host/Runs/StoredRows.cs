using System.Globalization;

namespace PluginLens.Host;

/// <summary>The rows of a table in a run folder with their values, as they were before they became text; one at a time, each an array of its own.</summary>
internal static class StoredRows
{
    /// <summary>The columns and the rows.</summary>
    /// <param name="table">The table.</param>
    public static (IReadOnlyList<Column> Columns, IEnumerable<object> Rows) Of(StoredTable table)
    {
        var kinds = table.Kinds();
        return ([.. table.Columns.Select((name, at) => Column(name, kinds[at], at, table.Columns.ToList().IndexOf($"{name}_id")))], table.Rows().Select(row => (object)row.Clone()));
    }

    private static Column Column(string name, ColumnKind kind, int at, int id) => new(name, kind, row => Value((string[])row, kind, at, id));

    /// <summary>A token without text has an id all the same; anything else that is empty had no value.</summary>
    private static object? Value(string[] row, ColumnKind kind, int at, int id) => row[at] switch
    {
        "" => kind == ColumnKind.Token && id >= 0 && row[id].Length > 0 ? string.Empty : null,
        var text => kind switch
        {
            ColumnKind.Integer => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
            ColumnKind.Number => StoredTable.TryNumber(text, out var number) ? number : throw new FormatException($"'{text}' is no number."),
            ColumnKind.Boolean => text == "true",
            _ => text,
        },
    };
}
