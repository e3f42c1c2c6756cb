namespace PluginLens.Host;

/// <summary>
/// One comparison of a cell with a value: <c>score > 0.5</c>. Numbers compare as numbers, in columns of text those cells that are numbers. What is empty is neither less
/// nor more than anything; it equals the empty text alone. A token equals its text and what tables show of it (<c>·the</c>).
/// </summary>
/// <param name="Column">Name of the column.</param>
/// <param name="Comparison">How it is compared.</param>
/// <param name="Value">What with.</param>
/// <param name="IsQuoted">Whether the value stood in quotes.</param>
/// <param name="Text">As typed.</param>
public sealed record Condition(string Column, Comparison Comparison, string Value, bool IsQuoted, string Text)
{
    /// <summary>The test of a row.</summary>
    /// <param name="column">The column in the row's table.</param>
    /// <exception cref="UsageException">Its values cannot be compared so.</exception>
    internal Func<object, bool> On(Column column)
    {
        var isNumber = CellNumber.TryParse(Value, out var number);
        switch (Comparison)
        {
            case Comparison.Contains:
                return row => Texts(column, row).Any(text => text.Contains(Value, StringComparison.OrdinalIgnoreCase));
            case Comparison.Equal or Comparison.NotEqual:
                Require(Value.Length == 0 || (column.Kind switch { ColumnKind.Integer or ColumnKind.Number => isNumber, ColumnKind.Boolean => Value is "true" or "false", _ => true }), column);
                var wanted = Comparison == Comparison.Equal;
                return row => Equals(column, row, isNumber ? number : null) == wanted;
            default:
                Require(isNumber && column.Kind is ColumnKind.Integer or ColumnKind.Number or ColumnKind.Text, column);
                return row => CellNumber.Of(column, row) is { } cell && Comparison switch
                {
                    Comparison.Less => cell < number,
                    Comparison.AtMost => cell <= number,
                    Comparison.Greater => cell > number,
                    _ => cell >= number,
                };
        }
    }

    private bool Equals(Column column, object row, double? number) =>
        number is { } value && CellNumber.Of(column, row) is { } cell ? cell == value : Texts(column, row).DefaultIfEmpty(string.Empty).Contains(Value, StringComparer.Ordinal);

    /// <summary>What a cell says; of a token both its text and what is shown of it.</summary>
    private static IEnumerable<string> Texts(Column column, object row) => column.Get(row) switch
    {
        null => [],
        string text when column.Kind == ColumnKind.Token => [text, DisplayText.Token(text)],
        var value => [OptionText.Of(value)],
    };

    private void Require(bool fits, Column column)
    {
        if (!fits)
        {
            throw new UsageException($"--where '{Text}': {(column.Kind switch
            {
                ColumnKind.Integer or ColumnKind.Number => $"'{column.Name}' holds numbers; expected one, found '{Value}'",
                ColumnKind.Boolean => $"'{column.Name}' is true or false; expected {column.Name} = true or {column.Name} = false",
                ColumnKind.Token => $"'{column.Name}' holds tokens, which compare with =, != and ~ (contains)",
                _ => $"'{column.Name}' holds text, which is less or more than a number alone, and where it is one; found '{Value}' (texts compare with =, != and ~)",
            })}.");
        }
    }
}
