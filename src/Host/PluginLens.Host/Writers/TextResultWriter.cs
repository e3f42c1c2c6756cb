using System.Text;

namespace PluginLens.Host;

/// <summary>Aligned columns for people; the same on a terminal and in a pipe.</summary>
public sealed class TextResultWriter : ResultWriter
{
    private const int MaxWidth = 60;

    /// <inheritdoc/>
    public override string Format => "table";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        foreach (var table in Chosen(result, view))
        {
            output.Write($"{table.Name}: {ResultSummary.OfTable(table)}\n");
            WriteTable(table, output, view.Rows);
            output.Write('\n');
        }

        foreach (var line in ResultSummary.Of(result))
        {
            output.Write($"{line}\n");
        }
    }

    private static void WriteTable(TableData table, TextWriter output, int rows)
    {
        var lines = TableLine.Of(table, rows).Select(line => (line.StartsGroup, line.Omitted, Cells: line.Row is { } row ? Cells(table, row) : null)).ToList();
        string[] header = [.. table.Columns.Select(column => column.Name)];
        int[] widths = [.. header.Select((name, column) => lines.Max(line => line.Cells is null ? 0 : (int?)TextWidth.Of(line.Cells[column])) is var widest && widest > name.Length ? widest.Value : name.Length)];
        output.Write(Aligned(table, header, widths));
        foreach (var (startsGroup, omitted, cells) in lines)
        {
            if (startsGroup)
            {
                output.Write('\n');
            }

            output.Write(cells is null ? $"  {omitted}\n" : Aligned(table, cells, widths));
        }
    }

    private static string[] Cells(TableData table, object row) =>
        [.. table.Columns.Select(column => TextWidth.Cut(DisplayText.Of(column, row), MaxWidth))];

    private static string Aligned(TableData table, string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var column = 0; column < cells.Length; column++)
        {
            var padding = new string(' ', widths[column] - TextWidth.Of(cells[column]));
            var right = table.Columns[column].Kind is ColumnKind.Integer or ColumnKind.Number;
            line.Append(column == 0 ? string.Empty : "  ").Append(right ? padding + cells[column] : cells[column] + padding);
        }

        return line.ToString().TrimEnd(' ') + "\n";
    }
}
