using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>A matrix of values as cells with a colour each; a large one as one image.</summary>
internal static class HeatmapPicture
{
    private const double Large = 480, MostCell = 24, LeastLabelled = 13, LeastCell = 4, Extent = 420, LeastWidth = 260;
    private const int Labelled = 56, Shapes = 10_000, Tips = 2_500;

    /// <summary>Draws a heat map.</summary>
    /// <param name="figure">The figure.</param>
    public static Drawing Draw(Heatmap figure)
    {
        var (columns, rows) = (figure.XLabels.Count, figure.YLabels.Count);
        var values = figure.Values.SelectMany(row => row).Where(value => value is { } number && double.IsFinite(number)).Select(value => value!.Value).ToList();
        var scale = Scale(figure, values);
        var cell = Cell(Math.Max(columns, rows));
        var (x, y) = (new Axis(figure.XTitle, figure.XLabels, cell, below: true), new Axis(figure.YTitle, figure.YLabels, cell, below: false));
        var bar = new ColorBar(scale, values.Count < (long)columns * rows);

        var sheet = new Sheet();
        var (left, across, down) = (Sheet.Edge + y.Extent, cell * columns, cell * rows);
        var width = Math.Max(LeastWidth, left + across + bar.Width + Sheet.Edge);
        var top = sheet.Title(figure.Title, width) + Math.Max(0, (y.TitleWidth - down) / 2);
        DrawCells(sheet, figure, scale, left, top, cell);
        sheet.Frame(left, top, across, down);
        x.Draw(sheet, left, top + down);
        y.Draw(sheet, left, top);
        var bottom = Math.Max(top + down + x.Extent, bar.Draw(sheet, left + across, top, down));
        return sheet.Finish(figure.Title, width, Math.Max(bottom, top + ((down + y.TitleWidth) / 2)) + Sheet.Edge);
    }

    /// <summary>The colours of a heat map.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="values">Its values that are numbers.</param>
    public static ColorScale Scale(Heatmap figure, List<double> values) =>
        figure.Scale.Count > 0 ? ColorScale.Given(figure.Scale) : figure.Signed ? ColorScale.Signed(values) : ColorScale.Rising(values);

    /// <summary>Up to 56 rows and columns have room for their labels; from 211 on a cell is smaller than a dot.</summary>
    private static double Cell(int most)
    {
        var cell = Math.Min(MostCell, Extent / Math.Max(1, most));
        return most <= Labelled ? Math.Max(LeastLabelled, Math.Floor(cell)) : most <= 2 * Extent / LeastCell ? Math.Max(LeastCell, Math.Floor(cell)) : Large / most;
    }

    private static void DrawCells(Sheet sheet, Heatmap figure, ColorScale scale, double left, double top, double cell)
    {
        var (columns, rows) = (figure.XLabels.Count, figure.YLabels.Count);
        if ((long)columns * rows > Shapes)
        {
            sheet.Add(new Cells(left, top, cell * columns, cell * rows, columns, rows, [.. figure.Values.SelectMany(row => row).Select(scale.Of)]));
            return;
        }

        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
            {
                var value = figure.Values[row][column];
                var tip = columns * rows > Tips ? null
                    : $"{Label.Of(figure.YTitle)} {Label.Of(figure.YLabels[row])}, {Label.Of(figure.XTitle)} {Label.Of(figure.XLabels[column])}: {Number(value)}";
                sheet.Add(new Box(left + (cell * column), top + (cell * row), cell, cell, scale.Of(value), tip));
            }
        }
    }

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("G5", CultureInfo.InvariantCulture) : "no value";
}
