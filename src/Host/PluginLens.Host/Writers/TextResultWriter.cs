namespace PluginLens.Host;

/// <summary>Aligned columns for people; the same on a terminal and in a pipe.</summary>
public sealed class TextResultWriter : ResultWriter
{
    /// <inheritdoc/>
    public override string Format => "table";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        foreach (var table in Chosen(result, view))
        {
            output.Write($"{table.Name}: {ResultSummary.OfTable(table)}\n");
            WriteTable(table, output, view.RowsShown);
            output.Write('\n');
        }

        foreach (var line in ResultSummary.Of(result))
        {
            output.Write($"{line}\n");
        }
    }

    /// <summary>Writes one table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="output">Receives it.</param>
    /// <param name="rows">Rows of a group, as in <see cref="ResultView.Rows"/>.</param>
    internal static void WriteTable(TableData table, TextWriter output, int? rows)
    {
        var layout = new TableLayout(table, TableLine.Of(table, rows));
        output.Write(Line(layout.Header));
        foreach (var (line, cells) in layout.Lines)
        {
            if (line.StartsGroup)
            {
                output.Write('\n');
            }

            output.Write(line.Row is null ? $"  {line.Omitted}\n" : Line(cells));
        }
    }

    private static string Line(IEnumerable<string> cells) => string.Join("  ", cells).TrimEnd(' ') + "\n";
}
