using System.Globalization;
using System.Security;

namespace PluginLens.Host;

/// <summary>A comparison as one page that needs nothing else: what agrees how far, and the lists that agree least side by side. No script, no request.</summary>
internal static class DiffPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #222; --paper: #fff; --faint: #ddd; --gone: #fbe3d0; --new: #d9e8f7; --moved: #f4f0c9; }
        @media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #1b1b1b; --faint: #444; --gone: #5a3416; --new: #1d3f60; --moved: #4a4512; } }
        body { font: 14px/1.4 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 1.5em; }
        table { border-collapse: collapse; margin: .5em 0 1.5em; } th, td { padding: .15em .6em; border-bottom: 1px solid var(--faint); text-align: left; white-space: pre-wrap; }
        td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; } .pair { display: flex; flex-wrap: wrap; gap: 1em 2.5em; }
        .gone { background: var(--gone); } .new { background: var(--new); } .moved { background: var(--moved); } .scroll { overflow-x: auto; }
        """;

    private const int MostRows = 50;

    /// <summary>Writes the page.</summary>
    /// <param name="diff">The comparison.</param>
    /// <param name="output">Receives it.</param>
    public static void Write(RunDiff diff, TextWriter output)
    {
        output.Write($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>{Text(diff.A.Plugin)}: two runs</title>\n<style>\n{Style}\n</style></head><body>\n");
        output.Write($"<h1>{Text(diff.A.Plugin)}: two runs</h1>\n<p>a: {Text(DiffWriter.Named(diff.A))}<br>b: {Text(DiffWriter.Named(diff.B))}</p>\n");
        if (diff.Circumstances.Count > 0)
        {
            output.Write("<h2>How they were run</h2>\n<div class=\"scroll\"><table>\n");
            foreach (var difference in diff.Circumstances)
            {
                output.Write($"<tr><td>{Text(difference.What)}</td><td>{Text(difference.How)}</td></tr>\n");
            }

            output.Write("</table></div>\n");
        }

        foreach (var table in diff.Tables.Take(2).Where(table => table.Rows.Count > 0))
        {
            Table(table, output);
        }

        if (diff.Pairs.Count > 0)
        {
            output.Write("<h2>Lists that agree least, side by side</h2>\n<p><span class=\"gone\">only in a</span> <span class=\"new\">only in b</span> <span class=\"moved\">another rank</span></p>\n");
        }

        foreach (var pair in diff.Pairs)
        {
            output.Write($"<h3>{Text(pair.Table)}{(pair.List.Length > 0 ? $", {Text(pair.List)}" : string.Empty)}</h3>\n<div class=\"pair\">\n");
            List("a", pair.A, output);
            List("b", pair.B, output);
            output.Write("</div>\n");
        }

        foreach (var table in diff.Tables.Skip(2).Where(table => table.Rows.Count > 0))
        {
            Table(table, output);
        }

        output.Write($"<h2>Notes</h2>\n<ul>{string.Concat(diff.Notes.Select(note => $"<li>{Text(note)}</li>\n"))}</ul>\n</body></html>\n");
    }

    private static void Table(TableData table, TextWriter output)
    {
        static string Class(Column column) => column.Kind is ColumnKind.Integer or ColumnKind.Number ? " class=\"number\"" : string.Empty;
        output.Write($"<h2>{Text(table.Name)}</h2>\n<div class=\"scroll\"><table>\n<tr>{string.Concat(table.Columns.Select(column => $"<th{Class(column)}>{Text(column.Name)}</th>"))}</tr>\n");
        foreach (var row in table.Rows)
        {
            output.Write($"<tr>{string.Concat(table.Columns.Select(column => $"<td{Class(column)}>{SecurityElement.Escape(DisplayText.Of(column, row))}</td>"))}</tr>\n");
        }

        output.Write("</table></div>\n");
    }

    private static void List(string name, IReadOnlyList<PairedRow> rows, TextWriter output)
    {
        output.Write($"<table><tr><th class=\"number\">{name}</th><th>row</th><th class=\"number\">score</th></tr>\n");
        foreach (var row in rows.Take(MostRows))
        {
            var change = row.Change is { } kind ? $" class=\"{Names.Kebab(kind.ToString())}\"" : string.Empty;
            output.Write($"<tr{change}><td class=\"number\">{row.Rank.ToString(CultureInfo.InvariantCulture)}</td><td>{Text(row.Row)}</td><td class=\"number\">{(row.Score is { } score ? DisplayText.Number(score) : string.Empty)}</td></tr>\n");
        }

        output.Write($"{(rows.Count > MostRows ? $"<tr><td></td><td>… {rows.Count - MostRows} more</td><td></td></tr>\n" : string.Empty)}</table>\n");
    }

    private static string Text(string text) => SecurityElement.Escape(DisplayText.Text(text));
}
