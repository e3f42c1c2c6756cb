namespace PluginLens;

/// <summary>Where an analysis pushes what it found. Rows stream: what was added before a failure or Ctrl-C stays.</summary>
public abstract class Results
{
    /// <summary>
    /// Opens a table whose columns are the properties of <typeparamref name="TRow"/> in snake_case. Property types: numbers, bool,
    /// string, enum, <see cref="Token"/> (becomes two columns), and nullable forms of these.
    /// </summary>
    /// <typeparam name="TRow">A positional record.</typeparam>
    /// <param name="name">Kebab-case; the CSV file is named after it.</param>
    /// <param name="groupBy">How many leading columns form a group; consoles show the first rows of each group.</param>
    public abstract Table<TRow> Table<TRow>(string name, int groupBy = 0)
        where TRow : class;

    /// <summary>Adds a picture, as data.</summary>
    /// <param name="name">Kebab-case.</param>
    /// <param name="figure">Heat map, scatter, bars, lines or token grid.</param>
    public abstract void Figure(string name, Figure figure);

    /// <summary>Writes a file into the run folder; it appears whole or not at all.</summary>
    /// <param name="name">File name with extension.</param>
    /// <param name="write">Writes the content; the stream can seek.</param>
    public abstract void File(string name, Action<Stream> write);

    /// <summary>A line that belongs to the result: which matrix, which word form, which default was used.</summary>
    /// <param name="text">One line.</param>
    public abstract void Note(string text);

    /// <summary>Something that makes the result less than what was asked for.</summary>
    /// <param name="text">One line.</param>
    public abstract void Warn(string text);
}
