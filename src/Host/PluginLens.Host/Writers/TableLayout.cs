using System.Globalization;

namespace PluginLens.Host;

/// <summary>
/// A table in aligned columns, as people read it: numbers of a column in one format, never broken; where the width does not do, columns of ids go first, then those
/// that say the same in every row, then texts are shortened, then columns go from the right, and what went is said.
/// </summary>
public sealed class TableLayout
{
    private const int Gap = 2, MostText = 60, LeastText = 8;
    private readonly List<(TableLine Line, string[] Cells)> _lines = [];
    private readonly List<int> _kept;
    private readonly int[] _widths;

    /// <summary>Lays out the lines of a table.</summary>
    /// <param name="table">The table.</param>
    /// <param name="lines">What is shown of it.</param>
    /// <param name="width">Columns of the terminal; a pipe has any number.</param>
    public TableLayout(TableData table, IEnumerable<TableLine> lines, int width = int.MaxValue)
    {
        Table = table;
        var shown = lines.ToList();
        var formats = table.Columns.Select(column => NumberFormat(column, shown)).ToArray();
        foreach (var line in shown)
        {
            _lines.Add((line, line.Row is { } row ? [.. table.Columns.Select((column, at) => Cell(column, row, formats[at]))] : []));
        }

        _widths = [.. table.Columns.Select((column, at) => _lines.Where(line => line.Cells.Length > 0).Select(line => TextWidth.Of(line.Cells[at])).Append(column.Name.Length).Max())];
        _kept = [.. Enumerable.Range(0, table.Columns.Count)];
        Fit(width);
    }

    /// <summary>The table.</summary>
    public TableData Table { get; }

    /// <summary>The columns shown, by index.</summary>
    public IReadOnlyList<int> Kept => _kept;

    /// <summary>What the width took: names of the columns left out, and whether texts were shortened; empty where nothing was.</summary>
    public string LeftOut { get; private set; } = string.Empty;

    /// <summary>The names of the columns, aligned as their cells are.</summary>
    public IReadOnlyList<string> Header => [.. _kept.Select(column => Padded(column, Table.Columns[column].Name))];

    /// <summary>The lines: cells of the columns shown, padded to their widths, or what is left out between them.</summary>
    public IEnumerable<(TableLine Line, IReadOnlyList<string> Cells)> Lines => _lines.Select(line =>
        (line.Line, (IReadOnlyList<string>)(line.Cells.Length == 0 ? [] : [.. _kept.Select(column => Padded(column, TextWidth.Cut(line.Cells[column], Math.Max(1, _widths[column]))))])));

    /// <summary>Width of the widest line.</summary>
    public int Width => _kept.Sum(column => _widths[column]) + (Gap * Math.Max(0, _kept.Count - 1));

    private static bool IsNumber(Column column) => column.Kind is ColumnKind.Integer or ColumnKind.Number;

    private static string Cell(Column column, object row, string? format) => TextWidth.Cut(
        format is null ? DisplayText.Of(column, row) : column.Get(row) switch
        {
            double number and not 0 => number.ToString(format, CultureInfo.InvariantCulture),
            float number and not 0 => number.ToString(format, CultureInfo.InvariantCulture),
            _ => DisplayText.Of(column, row),
        },
        MostText);

    /// <summary>One format for all numbers of a column: four decimals, six where there are small ones among them, powers of ten where all are small or one is large; 0 itself is <c>0</c>.</summary>
    private static string? NumberFormat(Column column, List<TableLine> lines)
    {
        if (column.Kind != ColumnKind.Number)
        {
            return null;
        }

        var (least, most) = (double.PositiveInfinity, 0.0);
        foreach (var line in lines)
        {
            var size = Math.Abs(line.Row is { } row ? column.Get(row) switch { double number => number, float number => number, _ => 0 } : 0);
            if (size > 0 && double.IsFinite(size))
            {
                (least, most) = (Math.Min(least, size), Math.Max(most, size));
            }
        }

        return most is >= 1e6 or < 1e-3 ? "0.000e+0" : least >= 1e-3 ? "0.0000" : "0.000000";
    }

    private string Padded(int column, string text)
    {
        var padding = new string(' ', _widths[column] - TextWidth.Of(text));
        return IsNumber(Table.Columns[column]) ? padding + text : text + padding;
    }

    private void Fit(int width)
    {
        if (Width <= width)
        {
            return;
        }

        var ids = Drop(column => Table.Columns[column].Name.EndsWith("_id", StringComparison.Ordinal));
        var same = new List<int>();
        while (Width > width && _kept.Count > 1 && Same() is { } column)
        {
            same.Add(column);
            _kept.Remove(column);
        }

        // Columns go where texts as short as they may be would not do; what room that leaves belongs to the texts.
        var right = new List<int>();
        while (_kept.Count > 1 && _kept.Sum(Least) + (Gap * (_kept.Count - 1)) > width)
        {
            right.Insert(0, _kept[^1]);
            _kept.RemoveAt(_kept.Count - 1);
        }

        var shortened = Width > width;
        while (Width > width && _kept.Where(column => _widths[column] > Least(column)).OrderByDescending(column => _widths[column]).Select(column => (int?)column).FirstOrDefault() is { } widest)
        {
            _widths[widest]--;
        }

        var gone = ids.Concat(right).Order().Select(column => Table.Columns[column].Name).ToList();
        LeftOut = string.Join("; ", ((string[])[
            gone.Count == 0 ? string.Empty : $"left out: {string.Join(", ", gone)}",
            same.Count == 0 ? string.Empty : $"the same in every row shown: {string.Join(", ", same.Order().Select(column => $"{Table.Columns[column].Name} {_lines.First(line => line.Cells.Length > 0).Cells[column]}"))}",
            shortened ? "texts shortened" : string.Empty]).Where(part => part.Length > 0));
    }

    private List<int> Drop(Predicate<int> goes)
    {
        var gone = _kept.FindAll(goes);
        if (gone.Count == _kept.Count)
        {
            return [];
        }

        _kept.RemoveAll(goes);
        return gone;
    }

    /// <summary>A column that says the same in every row, empty ones first; null where there is none, or one row alone.</summary>
    private int? Same()
    {
        var rows = _lines.FindAll(line => line.Cells.Length > 0);
        return rows.Count < 2 ? null : _kept.Where(column => rows.TrueForAll(row => row.Cells[column] == rows[0].Cells[column]))
            .OrderBy(column => rows[0].Cells[column] is "-" ? 0 : 1).Select(column => (int?)column).FirstOrDefault();
    }

    private int Least(int column) => IsNumber(Table.Columns[column]) ? _widths[column] : Math.Min(_widths[column], Math.Max(LeastText, Table.Columns[column].Name.Length));
}
