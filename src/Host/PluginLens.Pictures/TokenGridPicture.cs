using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>A grid of tokens, each in a cell whose colour is its value.</summary>
internal static class TokenGridPicture
{
    private const double Height = 19, Pad = 5, LeastCell = 26, MostCell = 110, MostLabel = 60, LeastWidth = 260;
    private const int Texts = 20_000;

    /// <summary>Draws a token grid; one of more than 20,000 cells without its texts.</summary>
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
        var (left, across, down) = (Sheet.Edge + y.Extent, widths.Sum(), Height * rows);
        var width = Math.Max(LeastWidth, left + across + (bar?.Width ?? 0) + Sheet.Edge);
        var top = sheet.Title(figure.Title, width) + Math.Max(0, (y.TitleWidth - down) / 2);
        for (var row = 0; row < rows; row++)
        {
            var cellX = left;
            for (var column = 0; column < columns; cellX += widths[column++])
            {
                var (here, text) = (figure.Cells[row][column], texts[row][column]);
                var fill = here.Value is null && text.Length > 0 ? Rgb.White : scale.Of(here.Value);
                var (cellY, cell) = (top + (Height * row), widths[column]);
                sheet.Add(new Box(cellX, cellY, cell - 1, Height - 1, fill, Tip(here)));
                sheet.Add(new Writing(cellX + (cell / 2), cellY + Height - 6, Label.Fit(text, Sheet.Small, cell - 6), Sheet.Small, fill.Contrast, Anchor.Middle, Tip: Tip(here)));
            }
        }

        x.Draw(sheet, left, top + down);
        y.Draw(sheet, left, top);
        var bottom = Math.Max(top + down + x.Extent, bar?.Draw(sheet, left + across, top, down) ?? 0);
        return sheet.Finish(figure.Title, width, Math.Max(bottom, top + ((down + y.TitleWidth) / 2)) + Sheet.Edge);
    }

    private static bool IsMissing(TokenCell cell) => cell.Value is { } value ? !double.IsFinite(value) : cell.Text.Length == 0;

    private static string Tip(TokenCell cell)
    {
        var value = cell.Value is { } number ? $"{Label.Of(cell.Text)}: {number.ToString("G5", CultureInfo.InvariantCulture)}" : Label.Of(cell.Text);
        return cell.Detail is null ? value : $"{value}; {Label.Of(cell.Detail)}";
    }
}
