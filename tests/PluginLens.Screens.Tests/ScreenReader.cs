using System.Globalization;
using System.Text;
using PluginLens.Host;

namespace PluginLens.Screens.Tests;

/// <summary>Reads a screen as a person does, from its header down, and compares with the tables what it shows.</summary>
internal sealed class ScreenReader
{
    private const int LongestText = 60;
    private readonly Screen _screen;
    private int _at;

    private ScreenReader(Screen screen) => _screen = screen;

    private string Next => _at < _screen.Lines.Count ? _screen.Lines[_at++] : throw new AssertionException("The screen ends too early.");

    /// <summary>
    /// Asserts what holds of every screen: no line is wider than the terminal, none is broken but notes; each row is one line; numbers are whole and stand under their
    /// names; what is not shown is said; what is left out between rows stands outside the cells.
    /// </summary>
    /// <param name="screen">A screen without style.</param>
    /// <param name="tables">The tables that it shows.</param>
    public static void Check(Screen screen, IReadOnlyList<TableData> tables)
    {
        Assert.That(screen.Lines.Where(line => TextWidth.Of(line) > screen.Width), Is.Empty);
        var reader = new ScreenReader(screen);
        foreach (var table in tables)
        {
            reader.Table(table);
        }
    }

    private void Table(TableData table)
    {
        Assert.That(Next, Is.EqualTo($"{table.Name}: {ResultSummary.OfTable(table)}"));
        var said = Said();
        var header = Next;
        var columns = Columns(table, header, said);
        foreach (var line in TableLine.Of(table, rows: null))
        {
            if (line.StartsGroup)
            {
                Assert.That(Next, Is.Empty);
            }

            var text = Next;
            if (line.Row is null)
            {
                Assert.That(text, Is.EqualTo($"  {line.Omitted}"));
                continue;
            }

            foreach (var (column, start, end) in columns)
            {
                Cell(column, line.Row, Cells(text), start, end, said);
            }
        }

        Assert.That(Next, Is.Empty);
    }

    /// <summary>What is said to be left out: the lines in brackets.</summary>
    private string Said()
    {
        var said = string.Empty;
        while (_screen.Lines[_at].StartsWith('(') || (said.Length > 0 && !said.EndsWith(')')))
        {
            said += (said.Length > 0 ? " " : string.Empty) + Next;
        }

        return said;
    }

    /// <summary>The columns of the header, each with where its name begins and ends.</summary>
    private static List<(Column Column, int Start, int End)> Columns(TableData table, string header, string said)
    {
        var shown = new List<(Column, int, int)>();
        var at = 0;
        foreach (var column in table.Columns)
        {
            var start = header.IndexOf(column.Name, at, StringComparison.Ordinal);
            if (start >= 0 && (start == 0 || header[start - 1] == ' ') && (start + column.Name.Length == header.Length || header[start + column.Name.Length] == ' '))
            {
                at = start + column.Name.Length;
                shown.Add((column, start, at));
            }
            else
            {
                Assert.That(said, Does.Match($"[ (]{column.Name}[,;: ]"), $"{table.Name}: column {column.Name} is not shown, and nobody says so");
            }
        }

        Assert.That(header.Split(' ', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(shown.Count), header);
        return shown;
    }

    private static void Cell(Column column, object row, List<string> cells, int start, int end, string said)
    {
        var full = DisplayText.Of(column, row);
        if (column.Kind is ColumnKind.Integer or ColumnKind.Number)
        {
            Assert.That(end == cells.Count || cells[end] == " ", $"{column.Name}: nothing follows {full} but a space");
            var text = string.Concat(cells.Take(end).Reverse().TakeWhile(cell => cell != " ").Reverse());
            if (column.Kind == ColumnKind.Integer || full == "-")
            {
                Assert.That(text, Is.EqualTo(full), column.Name);
            }
            else
            {
                var value = Convert.ToDouble(column.Get(row), CultureInfo.InvariantCulture);
                Assert.That(double.Parse(text, CultureInfo.InvariantCulture), Is.EqualTo(value).Within(Math.Max(6e-5, 6e-4 * Math.Abs(value))), column.Name);
            }

            return;
        }

        Assert.That(start == 0 || start > cells.Count || cells[start - 1] == " ", $"{column.Name}: nothing stands before '{full}' but a space");
        var shown = string.Concat(cells.Skip(start));
        var cut = TextWidth.Cut(full, LongestText).TrimEnd();
        if (!shown.StartsWith(cut, StringComparison.Ordinal))
        {
            var length = shown.IndexOf('…', StringComparison.Ordinal);
            Assert.That(length > 0 && full.StartsWith(shown[..length], StringComparison.Ordinal), $"{column.Name} of '{full}' is shown as '{shown}'");
            Assert.That(said, Does.Contain("texts shortened"));
        }
    }

    /// <summary>A line column by column: a wide character takes two, of which the second is empty; a mark belongs to what it stands on.</summary>
    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        foreach (var rune in line.EnumerateRunes())
        {
            var width = TextWidth.Of(rune.ToString());
            if (width == 0 && cells.Count > 0)
            {
                cells[^1] += rune;
                continue;
            }

            cells.Add(rune.ToString());
            cells.AddRange(Enumerable.Repeat(string.Empty, Math.Max(0, width - 1)));
        }

        return cells;
    }
}
