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
                Line(sheet, figure, series, colors[at], figure.Series.Take(at).Any(other => Same(other, series)));
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

        void Line(Sheet sheet, Chart figure, Series series, Rgb color, bool dashed)
        {
            var run = new List<(double X, double Y)>();
            foreach (var (place, value) in series.Values.Append(null).Index())
            {
                if (value is not { } number || !double.IsFinite(number))
                {
                    if (run.Count > 1)
                    {
                        foreach (var part in dashed ? Dashes([.. run]) : [[.. run]])
                        {
                            sheet.Add(new Stroke(part, color, 1.6));
                        }
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

    /// <summary>Whether one curve would hide the other.</summary>
    private static bool Same(Series one, Series other)
    {
        var room = one.Values.OfType<double>().Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max() / 200;
        return one.Values.Zip(other.Values).All(pair => pair.First is { } a && pair.Second is { } b ? Math.Abs(a - b) <= room : pair.First is null && pair.Second is null);
    }

    /// <summary>Every second piece of a line: what lies below shows in the gaps.</summary>
    private static IEnumerable<(double X, double Y)[]> Dashes((double X, double Y)[] points)
    {
        const double Dash = 7;
        var (piece, left, on) = (new List<(double X, double Y)> { points[0] }, Dash, true);
        for (var at = 1; at < points.Length; at++)
        {
            var (from, to) = (points[at - 1], points[at]);
            for (var length = Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2)); length > left; length -= left, left = Dash)
            {
                from = (from.X + ((to.X - from.X) * left / length), from.Y + ((to.Y - from.Y) * left / length));
                piece.Add(from);
                if (on)
                {
                    yield return [.. piece];
                }

                (piece, on) = ([from], !on);
            }

            left -= Math.Sqrt(Math.Pow(to.X - from.X, 2) + Math.Pow(to.Y - from.Y, 2));
            piece.Add(to);
        }

        if (on && piece.Count > 1)
        {
            yield return [.. piece];
        }
    }

    /// <summary>What the bars of one label take.</summary>
    private static double Slot(Chart figure) => Math.Max(14, (LeastBar * figure.Series.Count) + 4);

    private static string Tip(Chart figure, Series series, int place, double value) =>
        $"{Label.Of(series.Name)}, {Label.Of(figure.XTitle)} {Label.Of(figure.XLabels[place])}: {value.ToString("G5", CultureInfo.InvariantCulture)}";
}
