namespace PluginLens.Host;

/// <summary>A column that rows are ordered by: numbers by their size, before texts, texts by their characters, what is empty last whichever way.</summary>
/// <param name="Column">Its name.</param>
/// <param name="Descending">Largest first.</param>
/// <param name="Text">As typed.</param>
public sealed record SortKey(string Column, bool Descending, string Text)
{
    /// <summary>A key as it is typed: <c>score</c>, <c>-score</c>, <c>score desc</c>.</summary>
    /// <param name="text">What was typed.</param>
    public static SortKey Parse(string text)
    {
        var minus = text[0] is '-' or '+';
        var words = text[(minus ? 1 : 0)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            [var name] => new SortKey(name, text[0] == '-', text),
            [var name, var way] when !minus && way.Equals("desc", StringComparison.OrdinalIgnoreCase) => new SortKey(name, true, text),
            [var name, var way] when !minus && way.Equals("asc", StringComparison.OrdinalIgnoreCase) => new SortKey(name, false, text),
            _ => throw new UsageException($"--sort '{text}': expected a column such as score, for the largest first -score or \"score desc\"."),
        };
    }

    /// <summary>Rows in this order; equal ones stay as they are.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="column">The column.</param>
    internal IEnumerable<object> Order(IEnumerable<object> rows, Column column)
    {
        var present = rows.Select(row => (Row: row, Key: CellOrder.Key(column, row))).OrderBy(entry => entry.Key is null);
        var ordered = Descending
            ? present.ThenByDescending(entry => entry.Key, CellOrder.Instance)
            : present.ThenBy(entry => entry.Key, CellOrder.Instance);
        return ordered.Select(entry => entry.Row);
    }

    /// <summary>Values of one column.</summary>
    private sealed class CellOrder : IComparer<(double? Number, string Text)?>
    {
        public static readonly CellOrder Instance = new();

        /// <summary>A number, or a text; null where there is nothing to compare.</summary>
        public static (double? Number, string Text)? Key(Column column, object row) => CellNumber.Of(column, row) switch
        {
            double.NaN => null,
            { } number => (number, string.Empty),
            null => column.Get(row) is { } value && OptionText.Of(value) is var text && (text.Length > 0 || column.Kind == ColumnKind.Token) ? (null, text) : null,
        };

        public int Compare((double? Number, string Text)? x, (double? Number, string Text)? y) => (x, y) switch
        {
            ({ Number: { } left }, { Number: { } right }) => left.CompareTo(right),
            ({ Number: not null }, _) => -1,
            (_, { Number: not null }) => 1,
            _ => string.CompareOrdinal(x?.Text, y?.Text),
        };
    }
}
