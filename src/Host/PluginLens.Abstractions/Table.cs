namespace PluginLens;

/// <summary>A table being filled.</summary>
/// <typeparam name="TRow">A positional record; its properties are the columns.</typeparam>
public abstract class Table<TRow>
    where TRow : class
{
    /// <summary>Adds a row; NaN is refused.</summary>
    /// <param name="row">The row.</param>
    public abstract void Add(TRow row);
}
