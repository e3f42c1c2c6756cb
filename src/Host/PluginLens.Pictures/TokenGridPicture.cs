using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>A grid of tokens, each in a cell whose colour is its value.</summary>
internal static class TokenGridPicture
{
    private const double Height = 19, Pad = 5, LeastCell = 26, MostCell = 110, MostLabel = 60, LeastWidth = 260, Between = 22, MostAcross = 1800, Upright = 1.3;
    private const int Texts = 20_000, MostRows = 48;

    /// <summary>Draws a token grid; one of more than 20,000 cells without its texts. One of many rows goes on to the right in panels, so that it fits a page.</summary>
    /// <param name="figure">The figure.</param>
    public static Drawing Draw(TokenGrid figure)
    {
        var (columns, rows) = (figure.XLabels.Count, figure.YLabels.Count);
        if ((long)columns * rows > Texts)
        {
            return HeatmapPicture.Draw(new Heatmap($"{figure.Title} ({columns} x {rows} cells: texts left out)", figure.XTitle, figure.YTitle, figure.XLabels, figure.YLabels, Array.ConvertAll(figure.Cells, row => Array.ConvertAll(row, cell => cell.Value))));
        }

        var texts = Array.ConvertAll(figure.Cells, row => Array.ConvertAll(row, cell => Label.Of(cell.Text)));
        var values = figure.Cells.SelectMany(row => row).Where(cell => cell.Value is { } number && double.IsFinite(number)).Select(cell => cell.Value!.Value).ToList();
        var scale = ColorScale.UnderText(values);
        double[] widths = [.. Enumerable.Range(0, columns).Select(column => Math.Clamp(
            (2 * Pad) + texts.Select(row => Label.Width(row[column], Sheet.Small)).Append(Math.Min(MostLabel, Label.Width(Label.Of(figure.XLabels[column]), Sheet.Small))).Max(), LeastCell, MostCell))];
        var (x, y) = (new Axis(figure.XTitle, figure.XLabels, widths), new Axis(figure.YTitle, figure.YLabels, Height, below: false));
        var bar = values.Count > 0 ? new ColorBar(scale, figure.Cells.Any(row => row.Any(IsMissing))) : null;

        var sheet = new Sheet();
        var (across, pitch) = (widths.Sum(), y.Extent + widths.Sum() + Between);
        var panels = Panels(rows, pitch);
        var each = (rows + panels - 1) / panels;
        var (right, down) = (Sheet.Edge + (pitch * panels) - Between, Height * each);
        var width = Math.Max(LeastWidth, right + (bar?.Width ?? 0) + Sheet.Edge);
        var top = sheet.Title(figure.Title, width) + Math.Max(0, (y.TitleWidth - down) / 2);
        for (var row = 0; row < rows; row++)
        {
            var (cellX, cellY) = (Sheet.Edge + (pitch * (row / each)) + y.Extent, top + (Height * (row % each)));
            for (var column = 0; column < columns; cellX += widths[column++])
            {
                var (here, text, cell) = (figure.Cells[row][column], texts[row][column], widths[column]);
                var fill = here.Value is null && text.Length > 0 ? Rgb.White : scale.Of(here.Value);
                sheet.Add(new Box(cellX, cellY, cell - 1, Height - 1, fill, Tip(here)));
                sheet.Add(new Writing(cellX + (cell / 2), cellY + Height - 6, Label.Fit(text, Sheet.Small, cell - 6), Sheet.Small, fill.Contrast, Anchor.Middle, Tip: Tip(here)));
            }
        }

        for (var panel = 0; panel < panels; panel++)
        {
            string[] labels = [.. figure.YLabels.Skip(panel * each).Take(each)];
            var left = Sheet.Edge + (pitch * panel) + y.Extent;
            x.Draw(sheet, left, top + (Height * labels.Length));
            new Axis(figure.YTitle, labels, Height, below: false).Draw(sheet, left, top);
        }

        var bottom = Math.Max(top + down + x.Extent, bar?.Draw(sheet, right, top, down) ?? 0);
        return sheet.Finish(figure.Title, width, Math.Max(bottom, top + ((down + y.TitleWidth) / 2)) + Sheet.Edge);
    }

    /// <summary>As few panels as make it no taller than a page is beside its width; none that makes it too wide, and none that is empty.</summary>
    private static int Panels(int rows, double pitch)
    {
        var panels = 1;
        while ((rows + panels - 1) / panels > MostRows && (panels + 1) * pitch <= MostAcross && Height * rows / panels > Upright * pitch * panels)
        {
            panels++;
        }

        var each = Math.Max(1, (rows + panels - 1) / panels);
        return Math.Max(1, (rows + each - 1) / each);
    }

    private static bool IsMissing(TokenCell cell) => cell.Value is { } value ? !double.IsFinite(value) : cell.Text.Length == 0;

    private static string Tip(TokenCell cell)
    {
        var value = cell.Value is { } number ? $"{Label.Of(cell.Text)}: {number.ToString("G5", CultureInfo.InvariantCulture)}" : Label.Of(cell.Text);
        return cell.Detail is null ? value : $"{value}; {Label.Of(cell.Detail)}";
    }
}
