namespace PluginLens.Host;

/// <summary>Tables as CSV; several are told apart by a line <c># table: NAME</c> before each.</summary>
public sealed class CsvResultWriter : ResultWriter
{
    /// <inheritdoc/>
    public override string Format => "csv";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        var tables = Chosen(result, view);
        foreach (var (index, table) in tables.Index())
        {
            if (tables.Count > 1)
            {
                output.Write(index == 0 ? $"# table: {table.Name}\n" : $"\n# table: {table.Name}\n");
            }

            using var csv = new CsvRows(output, table.Columns, leaveOpen: true, view.OnTerminal ? DisplayText.Text : null);
            foreach (var row in AllRows(table))
            {
                csv.Add(row);
            }
        }
    }
}
