namespace PluginLens;

/// <summary>
/// Where an analysis pushes what it found. Rows stream: what was added before a failure or Ctrl-C stays. What is refused is refused here, so that a test of an
/// analysis meets the same refusals as a run; where results go is for those who derive from it.
/// </summary>
public abstract class Results
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _promptsDone;

    /// <summary>
    /// Opens a table whose columns are the properties of <typeparamref name="TRow"/> in snake_case. Property types: numbers, bool,
    /// string, enum, <see cref="Token"/> (becomes two columns), and nullable forms of these.
    /// </summary>
    /// <typeparam name="TRow">A positional record.</typeparam>
    /// <param name="name">Kebab-case; the CSV file is named after it.</param>
    /// <param name="groupBy">How many leading columns form a group; consoles show the first rows of each group.</param>
    public Table<TRow> Table<TRow>(string name, int groupBy = 0)
        where TRow : class => Table<TRow>(name, groupBy, []);

    /// <summary>Opens a table without some of its columns: those that an option has to ask for.</summary>
    /// <typeparam name="TRow">A positional record.</typeparam>
    /// <param name="name">Kebab-case; the CSV file is named after it.</param>
    /// <param name="groupBy">How many leading columns form a group.</param>
    /// <param name="without">Properties of <typeparamref name="TRow"/> that are no columns this time.</param>
    public Table<TRow> Table<TRow>(string name, int groupBy, IReadOnlyCollection<string> without)
        where TRow : class
    {
        if (_names.FirstOrDefault(taken => taken.StartsWith("file ", StringComparison.Ordinal) && ResultNames.TableOf(taken["file ".Length..]) == name) is { } file)
        {
            throw new ArgumentException($"Table '{name}': there is already a file '{file["file ".Length..]}' in this run.");
        }

        Claim("table", name);
        var properties = RowProperties.Of(typeof(TRow));
        if (without.FirstOrDefault(left => properties.All(property => property.Name != left)) is { } unknown)
        {
            throw new ArgumentException($"Row type {typeof(TRow).Name} has no column '{unknown}' to leave out.", nameof(without));
        }

        var columns = properties.Where(property => !without.Contains(property.Name)).Sum(RowProperties.Columns);
        ArgumentOutOfRangeException.ThrowIfNegative(groupBy);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(groupBy, columns);
        return OpenTable<TRow>(name, groupBy, without);
    }

    /// <summary>Adds a picture, as data.</summary>
    /// <param name="name">Kebab-case.</param>
    /// <param name="figure">Heat map, scatter, bars, lines or token grid.</param>
    public void Figure(string name, Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        Claim("figure", name);
        AddFigure(name, figure);
    }

    /// <summary>Writes a file into the run folder; it appears whole or not at all.</summary>
    /// <param name="name">File name with extension.</param>
    /// <param name="write">Writes the content; the stream can seek.</param>
    public void File(string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        if (!ResultNames.IsFileName(name))
        {
            throw new ArgumentException($"File '{name}' must be a plain file name, which every system can have.");
        }

        if (ResultNames.IsTaken(name) || (ResultNames.TableOf(name) is { } table && _names.Contains($"table {table}")))
        {
            throw new ArgumentException($"File '{name}': a run folder has a file of this name itself.");
        }

        if (!_names.Add($"file {name.ToLowerInvariant()}"))
        {
            throw new ArgumentException($"File '{name}' was already written in this run.");
        }

        AddFile(name, write);
    }

    /// <summary>A line that belongs to the result: which matrix, which word form, which default was used.</summary>
    /// <param name="text">One line; line breaks become spaces.</param>
    public void Note(string text) => AddNote(OneLine(text));

    /// <summary>Something that makes the result less than what was asked for.</summary>
    /// <param name="text">One line; line breaks become spaces.</param>
    public void Warn(string text) => AddWarning(OneLine(text));

    /// <summary>All rows of the first prompts have been added: from here a run that breaks off can be taken up again (see <see cref="ResumableAttribute"/>).</summary>
    /// <param name="count">Prompts finished, counted from the first; never fewer than before.</param>
    public void PromptsDone(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, _promptsDone);
        _promptsDone = count;
        MarkPromptsDone(count);
    }

    /// <summary>Opens a table; its name, its row type and its groups are right.</summary>
    /// <typeparam name="TRow">A positional record.</typeparam>
    /// <param name="name">Kebab-case, new in this run.</param>
    /// <param name="groupBy">From 0 to the number of columns.</param>
    protected abstract Table<TRow> OpenTable<TRow>(string name, int groupBy)
        where TRow : class;

    /// <summary>The same without some columns; who does not override it keeps them all.</summary>
    /// <typeparam name="TRow">A positional record.</typeparam>
    /// <param name="name">Kebab-case, new in this run.</param>
    /// <param name="groupBy">From 0 to the number of columns.</param>
    /// <param name="without">Properties that are no columns.</param>
    protected virtual Table<TRow> OpenTable<TRow>(string name, int groupBy, IReadOnlyCollection<string> without)
        where TRow : class => OpenTable<TRow>(name, groupBy);

    /// <summary>Remembers how far the rows are whole; who does not override it cannot take a run up again.</summary>
    /// <param name="count">Prompts finished.</param>
    protected virtual void MarkPromptsDone(int count)
    {
    }

    /// <summary>Keeps a figure.</summary>
    /// <param name="name">Kebab-case, new in this run.</param>
    /// <param name="figure">The data.</param>
    protected abstract void AddFigure(string name, Figure figure);

    /// <summary>Keeps a file.</summary>
    /// <param name="name">A plain file name, new in this run.</param>
    /// <param name="write">Writes the content into a stream that can seek.</param>
    protected abstract void AddFile(string name, Action<Stream> write);

    /// <summary>Keeps a note.</summary>
    /// <param name="line">One line.</param>
    protected abstract void AddNote(string line);

    /// <summary>Keeps a warning.</summary>
    /// <param name="line">One line.</param>
    protected abstract void AddWarning(string line);

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim();

    private void Claim(string what, string name)
    {
        if (!ResultNames.IsKebab(name))
        {
            throw new ArgumentException($"The name of {what} '{name}' is not kebab-case.");
        }

        if (!_names.Add($"{what} {name}"))
        {
            throw new ArgumentException($"There is already a {what} '{name}' in this run.");
        }
    }
}
