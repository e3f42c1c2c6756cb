namespace PluginLens;

/// <summary>A table being filled.</summary>
/// <typeparam name="TRow">A positional record; its properties are the columns.</typeparam>
/// <param name="name">Kebab-case.</param>
public abstract class Table<TRow>(string name)
    where TRow : class
{
    private long _rows;

    /// <summary>Adds a row; NaN is refused, and text of more than 16,777,216 characters in one cell.</summary>
    /// <param name="row">The row.</param>
    public void Add(TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (RowNumbers<TRow>.NaN(row) is { } property)
        {
            throw new ArgumentException($"Row {_rows} of table '{name}' has NaN in '{property}'.");
        }

        if (RowTexts<TRow>.TooLong(row) is { } text)
        {
            throw new ArgumentException($"Row {_rows} of table '{name}' has {text.Length} characters in '{text.Property}'; a cell holds {RowTexts<TRow>.Longest} at most. Write long texts as a file of the run (Results.File).");
        }

        Append(row);
        _rows++;
    }

    /// <summary>Keeps a row without NaN.</summary>
    /// <param name="row">The row.</param>
    protected abstract void Append(TRow row);
}
