namespace PluginLens;

/// <summary>A table being filled.</summary>
/// <typeparam name="TRow">A positional record; its properties are the columns.</typeparam>
/// <param name="name">Kebab-case.</param>
public abstract class Table<TRow>(string name)
    where TRow : class
{
    private long _rows;

    /// <summary>Adds a row; NaN is refused.</summary>
    /// <param name="row">The row.</param>
    public void Add(TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (RowNumbers<TRow>.NaN(row) is { } property)
        {
            throw new ArgumentException($"Row {_rows} of table '{name}' has NaN in '{property}'.");
        }

        Append(row);
        _rows++;
    }

    /// <summary>Keeps a row without NaN.</summary>
    /// <param name="row">The row.</param>
    protected abstract void Append(TRow row);
}
