namespace PluginLens.Host;

/// <summary>
/// What is printed of tables: the rows that match, in an order, the first of them, some of their columns. A table that lacks a column that is named is not printed.
/// What a run keeps in its folder is never touched by it.
/// </summary>
public sealed record TableQuery
{
    /// <summary>Rows of a file that are held at a time.</summary>
    private const int MostRows = 100_000;

    /// <summary>Rows have to fulfil all of these.</summary>
    public IReadOnlyList<Condition> Where { get; init; } = [];

    /// <summary>What the rows of the whole table are ordered by, the first first; equal ones stay as they came.</summary>
    public IReadOnlyList<SortKey> Sort { get; init; } = [];

    /// <summary>The columns, in this order; empty = all as they are.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Rows of the table, after all else; null = all.</summary>
    public int? Top { get; init; }

    /// <summary>Whether tables are printed as they are.</summary>
    public bool IsEmpty => Top is null && NamesNone;

    /// <summary>What <see cref="ResultView.Rows"/> is where nobody says: who asks for the first rows sees them all, who chooses or orders more than a few.</summary>
    public int? Rows => Top is not null ? 0 : Sort.Count + Where.Count > 0 ? 20 : null;

    private bool NamesNone => Where.Count + Sort.Count + Columns.Count == 0;

    /// <summary>The columns that it names, and where.</summary>
    private IEnumerable<(string Typed, string Column)> Named =>
        [.. Where.Select(condition => ($"--where '{condition.Text}'", condition.Column)), .. Sort.Select(key => ($"--sort '{key.Text}'", key.Column)), .. Columns.Select(column => ($"--columns '{column}'", column))];

    /// <summary>The query of a command line.</summary>
    /// <param name="where">Conditions; all have to be fulfilled.</param>
    /// <param name="sort">Sort keys, comma-separated.</param>
    /// <param name="columns">Columns, comma-separated.</param>
    /// <param name="top">Rows.</param>
    public static TableQuery Parse(IEnumerable<string> where, IEnumerable<string> sort, IEnumerable<string> columns, int? top) => new()
    {
        Where = [.. where.SelectMany(ConditionParser.Parse)],
        Sort = [.. sort.SelectMany(keys => Parts("--sort", keys)).Select(SortKey.Parse)],
        Columns = Once([.. columns.SelectMany(names => Parts("--columns", names))]),
        Top = top is null or > 0 ? top : throw new UsageException($"--top {top}: expected a positive number of rows."),
    };

    /// <summary>Refuses what no table can answer, before anything runs; tables that only some options make count too.</summary>
    /// <param name="tables">Tables with their columns.</param>
    public void Check(IReadOnlyList<(string Name, IReadOnlyList<Column> Columns)> tables)
    {
        if (NamesNone || tables.Count == 0)
        {
            return;
        }

        foreach (var (typed, name) in Named)
        {
            if (!tables.Any(table => Find(table.Columns, name) is not null))
            {
                var known = tables.SelectMany(table => table.Columns).Select(column => column.Name).Distinct().ToList();
                var lacking = tables.Count == 1 ? $"table '{tables[0].Name}' has no column" : "no table has a column";
                throw new UsageException($"{typed}: {lacking} '{name}'{(Suggestion.Of(name, known) is { } meant ? $"; {meant}" : ".")} Known: {string.Join(", ", known)}.");
            }
        }

        var whole = tables.Where(table => Lacks(table.Columns) is null).ToList();
        if (whole.Count == 0)
        {
            throw new UsageException($"No table has all the columns that are named: {string.Join(", ", Named.Select(named => named.Column).Distinct().Select(name => $"'{name}' is in {string.Join(" and ", tables.Where(table => Find(table.Columns, name) is not null).Select(table => table.Name).Distinct())}"))}.");
        }

        foreach (var (_, columns) in whole)
        {
            foreach (var condition in Where)
            {
                condition.On(Find(columns, condition.Column)!);
                if (!condition.IsQuoted && Find(columns, condition.Value) is { } other)
                {
                    throw new UsageException($"--where '{condition.Text}': '{other.Name}' is a column, and columns compare with values; the text {other.Name} stands in quotes.");
                }
            }
        }
    }

    /// <summary>A column that is named and that a table does not have; null where it has them all.</summary>
    /// <param name="columns">The table's.</param>
    public string? Lacks(IReadOnlyList<Column> columns) => Named.Select(named => named.Column).FirstOrDefault(name => Find(columns, name) is null);

    /// <summary>What it leaves of a table that has the columns.</summary>
    /// <param name="table">The table.</param>
    /// <param name="stored">Its rows in the run's folder, where there are more than are held.</param>
    /// <exception cref="UsageException">It leaves too many to hold.</exception>
    public TableData Of(TableData table, Func<(IReadOnlyList<Column> Columns, IEnumerable<object> Rows)>? stored = null)
    {
        if (Where.Count == 0 && Sort.Count == 0 && (Top is null || Top >= table.Count))
        {
            return Columns.Count == 0 ? table : table.With(Shown(table.Columns));
        }

        var held = table.Rows.Count == table.Count || (Where.Count == 0 && Sort.Count == 0 && Top <= table.Rows.Count);
        var (columns, rows) = held ? (table.Columns, table.Rows) : (stored ?? throw new InvalidOperationException($"Not all rows of '{table.Name}' are held."))();
        var tests = Where.Select(condition => condition.On(Find(columns, condition.Column)!)).ToList();
        var left = rows.Where(row => tests.TrueForAll(test => test(row)));
        var chosen = Sort.Count == 0 ? Held(left.Take(Top ?? int.MaxValue), held, table.Name) : Ordered(left, columns, held, table.Name);
        return table.With(Shown(columns), Groups(columns, table.GroupBy, chosen), chosen);
    }

    private IReadOnlyList<Column> Shown(IReadOnlyList<Column> columns) => Columns.Count == 0 ? columns : [.. Columns.Select(name => Find(columns, name)!)];

    /// <summary>The columns that still form groups: none in an order, none where each group is one row.</summary>
    private Column[] Groups(IReadOnlyList<Column> columns, int groupBy, List<object> rows)
    {
        Column[] groups = Sort.Count > 0 ? [] : [.. columns.Take(groupBy)];
        return rows.Zip(rows.Skip(1)).Any(pair => Array.TrueForAll(groups, column => Equals(column.Get(pair.First), column.Get(pair.Second)))) ? groups : [];
    }

    private static List<object> Held(IEnumerable<object> rows, bool held, string table)
    {
        List<object> kept = [.. held ? rows : rows.Take(MostRows + 1)];
        return held || kept.Count <= MostRows ? kept : throw TooMany(table);
    }

    /// <summary>The first rows in order; of those that stream past, the foremost are kept.</summary>
    private List<object> Ordered(IEnumerable<object> rows, IReadOnlyList<Column> columns, bool held, string table)
    {
        var kept = new List<object>();
        foreach (var row in rows)
        {
            kept.Add(row);
            if (!held && kept.Count > MostRows)
            {
                kept = Top <= MostRows / 2 ? Foremost(kept) : throw TooMany(table);
            }
        }

        return Foremost(kept);

        List<object> Foremost(IEnumerable<object> some)
        {
            // The last key first: an order that keeps equal rows as they were is one of all keys in the end.
            foreach (var key in Sort.Reverse())
            {
                some = key.Order(some, Find(columns, key.Column)!);
            }

            return [.. some.Take(Top ?? int.MaxValue)];
        }
    }

    private static UsageException TooMany(string table) =>
        new($"Table '{table}': more than {MostRows} rows of its file would be printed; narrow --where, or say with --top how many (at most {MostRows / 2} in an order). The run's folder has them all.");

    private static Column? Find(IReadOnlyList<Column> columns, string name) =>
        columns.FirstOrDefault(column => column.Name == name) ?? columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string[] Parts(string option, string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(parts, part => part.Length > 0) ? parts : throw new UsageException($"{option} '{text}': expected names of columns, separated by commas.");
    }

    private static string[] Once(string[] names) => names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Skip(1).Any()) is { } twice
        ? throw new UsageException($"--columns names '{twice.Key}' twice.")
        : names;
}
