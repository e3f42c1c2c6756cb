using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>Lines or groups of bars over common labels.</summary>
internal static class ChartPicture
{
    private const double Height = 230, Width = 420, LeastBar = 7, MostBar = 26, MostWidth = 1000;
    private const int Marked = 40;

    /// <summary>Draws a chart.</summary>
    /// <param name="figure">The figure.</param>
    public static Drawing Draw(Chart figure)
    {
        var count = Math.Max(1, figure.XLabels.Count);
        var pitch = figure.AsBars ? Math.Clamp(Width / count, Math.Min(Slot(figure), MostWidth / count), (MostBar * Math.Max(1, figure.Series.Count)) + 8) : Width / count;
        var axis = new Axis(figure.XTitle, figure.XLabels, pitch, below: true);
        var values = figure.Series.SelectMany(series => series.Values).OfType<double>();
        var frame = new Frame(figure.YTitle, values, Height, figure.AsBars ? Zero.Always : Zero.WhereNear);
        var colors = ColorScale.Ordered(figure.Series.Count);
        var legend = figure.Series.Count > 1 ? new Legend([.. figure.Series.Select((series, at) => (series.Name, colors[at]))]) : null;

        var sheet = new Sheet();
        var (left, across) = (Sheet.Edge + frame.Extent, pitch * count);
        var width = Math.Max(260, left + across + (legend?.Width(Height) ?? 0) + Sheet.Edge);
        var top = sheet.Title(figure.Title, width);
        frame.Draw(sheet, left, top, across);
        foreach (var (at, series) in figure.Series.Index())
        {
            if (figure.AsBars)
            {
                Bars(sheet, figure, series, at, colors[at]);
            }
            else
            {
                Line(sheet, figure, series, colors[at]);
            }
        }

        axis.Draw(sheet, left, top + Height);
        legend?.Draw(sheet, left + across, top, Height);
        return sheet.Finish(figure.Title, width, top + Height + axis.Extent + Sheet.Edge);

        void Bars(Sheet sheet, Chart figure, Series series, int at, Rgb color)
        {
            var bar = pitch * 0.8 / figure.Series.Count;
            foreach (var (place, value) in series.Values.Index())
            {
                if (value is { } number && double.IsFinite(number))
                {
                    var (y, zero) = (frame.Y(top, number), frame.Y(top, 0));
                    sheet.Add(new Box(left + (pitch * (place + 0.1)) + (bar * at), Math.Min(y, zero), Math.Max(bar - (bar > 3 ? 1 : 0), 0.5), Math.Abs(y - zero), color, Tip(figure, series, place, number)));
                }
            }
        }

        void Line(Sheet sheet, Chart figure, Series series, Rgb color)
        {
            var run = new List<(double X, double Y)>();
            foreach (var (place, value) in series.Values.Append(null).Index())
            {
                if (value is not { } number || !double.IsFinite(number))
                {
                    if (run.Count > 1)
                    {
                        sheet.Add(new Stroke([.. run], color, 1.6));
                    }

                    if (run.Count == 1 && figure.XLabels.Count > Marked)
                    {
                        sheet.Add(new Dot(run[0].X, run[0].Y, 1.6, color));
                    }

                    run.Clear();
                    continue;
                }

                run.Add((left + (pitch * (place + 0.5)), frame.Y(top, number)));
                if (figure.XLabels.Count <= Marked)
                {
                    sheet.Add(new Dot(run[^1].X, run[^1].Y, 2.4, color, Tip(figure, series, place, number)));
                }
            }
        }
    }

    /// <summary>What the bars of one label take.</summary>
    private static double Slot(Chart figure) => Math.Max(14, (LeastBar * figure.Series.Count) + 4);

    private static string Tip(Chart figure, Series series, int place, double value) =>
        $"{Label.Of(series.Name)}, {Label.Of(figure.XTitle)} {Label.Of(figure.XLabels[place])}: {value.ToString("G5", CultureInfo.InvariantCulture)}";
}
