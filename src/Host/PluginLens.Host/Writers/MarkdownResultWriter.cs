using System.Text;

namespace PluginLens.Host;

/// <summary>Tables of GitHub-flavoured Markdown; tokens in code spans.</summary>
public sealed class MarkdownResultWriter : ResultWriter
{
    /// <inheritdoc/>
    public override string Format => "md";

    /// <inheritdoc/>
    public override void Write(RunResult result, TextWriter output, ResultView view)
    {
        foreach (var table in Chosen(result, view))
        {
            output.Write($"## {table.Name}\n\n{ResultSummary.OfTable(table)}\n\n");
            WriteTable(table, output, view.RowsShown);
            output.Write('\n');
        }

        foreach (var line in ResultSummary.Of(result))
        {
            output.Write($"* {Escaped(line)}\n");
        }
    }

    private static void WriteTable(TableData table, TextWriter output, int? rows)
    {
        output.Write($"|{string.Concat(table.Columns.Select(column => $" {column.Name} |"))}\n");
        output.Write($"|{string.Concat(table.Columns.Select(column => column.Kind is ColumnKind.Integer or ColumnKind.Number ? "---:|" : "---|"))}\n");
        foreach (var line in TableLine.Of(table, rows))
        {
            output.Write(line.Row is { } row
                ? $"|{string.Concat(table.Columns.Select(column => $" {Cell(column, row)} |"))}\n"
                : $"| {line.Omitted} |{string.Concat(Enumerable.Repeat(" |", table.Columns.Count - 1))}\n");
        }
    }

    private static string Cell(Column column, object row)
    {
        var text = DisplayText.Of(column, row);
        return column.Kind == ColumnKind.Token && column.Get(row) is not null ? CodeSpan(text) : Escaped(text);
    }

    /// <summary>A fence longer than any run of back-ticks inside; a bar must be escaped even here, or the cell ends.</summary>
    private static string CodeSpan(string text)
    {
        var longest = 0;
        var run = 0;
        foreach (var character in text)
        {
            run = character == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        var fence = new string('`', longest + 1);
        var space = longest > 0 ? " " : string.Empty;
        return $"{fence}{space}{text.Replace("|", "\\|", StringComparison.Ordinal)}{space}{fence}";
    }

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var character in text)
        {
            if (character is '\\' or '|' or '*' or '_' or '`' or '<' or '[' or ']' or '#')
            {
                escaped.Append('\\');
            }

            escaped.Append(character);
        }

        return escaped.ToString();
    }
}
