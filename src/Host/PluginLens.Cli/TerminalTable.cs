using PluginLens.Host;
using Spectre.Console;

namespace PluginLens.Cli;

/// <summary>A table on a terminal: the aligned columns of a pipe as far as its width goes, with a bar beside the first column of scores where there is room.</summary>
internal static class TerminalTable
{
    private const int BarWidth = 6;
    private const string Eighths = " ▏▎▍▌▋▊▉█";

    /// <summary>Writes a table.</summary>
    /// <param name="console">The terminal.</param>
    /// <param name="table">The table.</param>
    /// <param name="lines">What is shown of it.</param>
    public static void Write(IAnsiConsole console, TableData table, IEnumerable<TableLine> lines)
    {
        var layout = new TableLayout(table, lines, console.Profile.Width);
        Line(console, $"{table.Name}: {ResultSummary.OfTable(table)}", new Style(decoration: Decoration.Bold));
        if (layout.LeftOut.Length > 0)
        {
            console.Write(new Text($"({layout.LeftOut}: {console.Profile.Width} columns are too few; --format csv has all)", new Style(decoration: Decoration.Dim)));
            console.WriteLine();
        }

        var bars = Bars.Of(layout, console);
        Line(console, string.Join("  ", layout.Header.Select((name, at) => layout.Kept[at] == bars?.Column ? name + new string(' ', 1 + BarWidth) : name)).TrimEnd(), new Style(decoration: Decoration.Underline));
        foreach (var (line, cells) in layout.Lines)
        {
            if (line.StartsGroup)
            {
                console.WriteLine();
            }

            if (line.Row is null)
            {
                Line(console, $"  {line.Omitted}", new Style(decoration: Decoration.Dim));
                continue;
            }

            Row(console, layout, cells, line.Row, bars);
        }

        console.WriteLine();
    }

    private static void Row(IAnsiConsole console, TableLayout layout, IReadOnlyList<string> cells, object row, Bars? bars)
    {
        foreach (var (at, cell) in cells.Index())
        {
            var column = layout.Kept[at];
            var share = bars?.Column == column ? bars.Share(row) : null;
            var text = (at == 0 ? string.Empty : "  ") + (at == cells.Count - 1 ? cell.TrimEnd(' ') : cell);
            console.Write(new Text(text, layout.Table.Columns[column].Kind == ColumnKind.Token ? new Style(Color.Aqua) : share is { } part ? Bars.Style(part) : Style.Plain));
            if (share is { } length)
            {
                var bar = Bar(length);
            console.Write(new Text($" {(at == cells.Count - 1 ? bar.TrimEnd(' ') : bar)}", Bars.Style(length)));
            }
            else if (bars?.Column == column && at < cells.Count - 1)
            {
                console.Write(new Text(new string(' ', 1 + BarWidth)));
            }
        }

        console.WriteLine();
    }

    private static string Bar(double share)
    {
        var eighths = (int)Math.Round(Math.Clamp(Math.Abs(share), 0, 1) * BarWidth * 8);
        return string.Concat(Enumerable.Range(0, BarWidth).Select(cell => Eighths[Math.Clamp(eighths - (cell * 8), 0, 8)]));
    }

    /// <summary>Cut rather than broken: a terminal that breaks a line breaks the columns.</summary>
    private static void Line(IAnsiConsole console, string text, Style style)
    {
        console.Write(new Text(TextWidth.Cut(TerminalWriter.Spelled(text), Math.Max(1, console.Profile.Width)), style));
        console.WriteLine();
    }

    /// <summary>The column of scores that has bars, and the largest of them.</summary>
    private sealed record Bars(int Column, Func<object, object?> Get, double Most)
    {
        public static Bars? Of(TableLayout layout, IAnsiConsole console)
        {
            // One bar alone would always be whole.
            if (layout.Lines.Count(line => line.Line.Row is not null) < 2 || !console.Profile.Capabilities.Ansi || !console.Profile.Capabilities.Unicode || layout.Width + 1 + BarWidth > console.Profile.Width)
            {
                return null;
            }

            var column = layout.Kept.Select(at => (int?)at).FirstOrDefault(at => layout.Table.Columns[at!.Value].Kind == ColumnKind.Number);
            if (column is null)
            {
                return null;
            }

            var get = layout.Table.Columns[column.Value].Get;
            var most = layout.Lines.Select(line => line.Line.Row is { } row && Number(get(row)) is { } number ? Math.Abs(number) : 0).DefaultIfEmpty().Max();
            return most > 0 && double.IsFinite(most) ? new Bars(column.Value, get, most) : null;
        }

        /// <summary>Of a row: its score as a share of the largest, with its sign.</summary>
        public double? Share(object row) => Number(Get(row)) is { } number && double.IsFinite(number) ? number / Most : null;

        /// <summary>Warm for positive scores, cool for negative ones: told apart without red and green.</summary>
        public static Style Style(double share) => new(share < 0 ? Color.SteelBlue1 : Color.Orange1);

        private static double? Number(object? value) => value switch { double number => number, float number => number, _ => null };
    }
}
