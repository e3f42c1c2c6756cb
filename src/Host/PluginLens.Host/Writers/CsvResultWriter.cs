namespace PluginLens.Host;

/// <summary>One table as CSV, so that every reader of CSV can read it; where a run has several, one has to be chosen.</summary>
public sealed class CsvResultWriter : ResultWriter
{
    /// <inheritdoc/>
    public override string Format => "csv";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        var tables = Chosen(result, view);
        RequireOne([.. tables.Select(table => table.Name)]);
        foreach (var table in tables)
        {
            using var csv = new CsvRows(output, table.Columns, leaveOpen: true, view.OnTerminal ? DisplayText.Text : null);
            foreach (var row in AllRows(table))
            {
                csv.Add(row);
            }
        }
    }

    /// <summary>Refuses several tables.</summary>
    /// <param name="tables">Their names.</param>
    /// <exception cref="UsageException">There are several; it lists them.</exception>
    public static void RequireOne(IReadOnlyCollection<string> tables)
    {
        if (tables.Count > 1)
        {
            throw new UsageException($"--format csv prints one table, and there are {tables.Count}: {string.Join(", ", tables)}. Choose with --table {tables.First()}, or give --out FOLDER, which writes each into a file.");
        }
    }
}
