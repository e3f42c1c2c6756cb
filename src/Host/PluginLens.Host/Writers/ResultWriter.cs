namespace PluginLens.Host;

/// <summary>One way to write a run as text; all write the same data.</summary>
public abstract class ResultWriter
{
    /// <summary>Name of the format: <c>table</c>, <c>csv</c>, <c>json</c>, <c>md</c>.</summary>
    public abstract string Format { get; }

    /// <summary>Every format, the default first.</summary>
    public static IReadOnlyList<ResultWriter> All { get; } = [new TextResultWriter(), new CsvResultWriter(), new JsonResultWriter(), new MarkdownResultWriter()];

    /// <summary>The writer of a format.</summary>
    /// <param name="format">Its name.</param>
    public static ResultWriter Of(string format) => All.FirstOrDefault(writer => writer.Format == format)
        ?? throw new UsageException($"--format '{format}': expected {string.Join(", ", All.Select(writer => writer.Format))}.");

    /// <summary>Writes a run.</summary>
    /// <param name="result">The run.</param>
    /// <param name="output">Receives the text; lines end with <c>\n</c>.</param>
    /// <param name="view">What people see of it.</param>
    public abstract void Write(RunResult result, TextWriter output, ResultView view);

    /// <summary>Every row of a table.</summary>
    /// <param name="table">The table.</param>
    /// <exception cref="UsageException">There are more than are held; the run's folder has them.</exception>
    protected static IReadOnlyList<object> AllRows(TableData table) => table.Rows.Count == table.Count ? table.Rows : throw new UsageException(
        $"Table '{table.Name}' has {table.Count} rows, too many to print again beside --out: read them in the run's folder, or leave --out away.");

    /// <summary>The tables to write, as the query leaves them: all that have the columns that it names, or the one that was asked for.</summary>
    /// <param name="result">The run.</param>
    /// <param name="view">Which ones, and what of them.</param>
    public static IReadOnlyList<TableData> Chosen(RunResult result, ResultView view)
    {
        var asked = Asked(result, view);
        if (view.Query.IsEmpty)
        {
            return asked;
        }

        view.Query.Check([.. asked.Select(table => (table.Name, table.Columns))]);
        return [.. asked.Where(table => view.Query.Lacks(table.Columns) is null)
            .Select(table => view.Query.Of(table, () => StoredRows.Of(RecordedRun.Read(result.Folder!).Tables.Single(stored => stored.Name == table.Name))))];
    }

    /// <summary>A line for each table that is not written because it lacks a column that the query names.</summary>
    /// <param name="result">The run.</param>
    /// <param name="view">What people see of it.</param>
    public static IEnumerable<string> LeftOut(RunResult result, ResultView view) => Asked(result, view)
        .Select(table => view.Query.Lacks(table.Columns) is { } lacking ? $"not printed: table '{table.Name}', which has no column '{lacking}'" : null).OfType<string>();

    private static IReadOnlyList<TableData> Asked(RunResult result, ResultView view)
    {
        if (view.Table is null)
        {
            return result.Tables;
        }

        var table = result.Tables.FirstOrDefault(table => table.Name == view.Table);
        return table is not null ? [table] : throw new UsageException(
            $"--table '{view.Table}': this run has {(result.Tables.Count == 0 ? "no tables" : string.Join(", ", result.Tables.Select(table => table.Name)))}.");
    }
}
