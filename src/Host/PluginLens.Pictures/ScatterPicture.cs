using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>Points in the plane, with as many of their labels as have room.</summary>
internal static class ScatterPicture
{
    private const double Width = 420, Height = 360, Reach = 3.2;
    private const int Labels = 80, Tips = 5_000;

    /// <summary>Draws a scatter.</summary>
    /// <param name="figure">The figure.</param>
    public static Drawing Draw(Scatter figure)
    {
        var points = figure.Points.Where(point => double.IsFinite(point.X) && double.IsFinite(point.Y)).ToList();
        var groups = points.Select(point => point.Group).OfType<string>().Distinct().ToList();
        var byGroup = groups.Count > 0;
        var colors = ColorScale.Ordered(byGroup ? groups.Count : 1);
        var values = points.Select(point => point.Value).OfType<double>().Where(double.IsFinite).ToList();
        var scale = byGroup || values.Count == 0 ? null : ColorScale.Rising(values);
        var color = groups.Select((group, at) => (group, colors[at])).ToDictionary(pair => pair.group, pair => pair.Item2, StringComparer.Ordinal);
        var legend = byGroup ? new Legend([.. groups.Select(group => (group, color[group]))]) : null;
        var bar = scale is null ? null : new ColorBar(scale, values.Count < points.Count);
        var frame = new Frame(figure.YTitle, points.Select(point => point.Y), Height);

        var sheet = new Sheet();
        var (left, right) = (Sheet.Edge + frame.Extent, Math.Max(legend?.Width(Height) ?? 0, bar?.Width ?? 0));
        var width = left + Width + right + Sheet.Edge;
        var nowhere = figure.Points.Count - points.Count;
        var top = sheet.Title(nowhere > 0 ? $"{figure.Title} ({nowhere} points without a place are left out)" : figure.Title, width);
        frame.Draw(sheet, left, top, Width);
        var (least, most) = Frame.Range(points.Select(point => point.X));
        Across(sheet, figure.XTitle, least, most, left, top);
        var radius = points.Count > 2000 ? 1.4 : points.Count > 300 ? 2.2 : Reach;
        var places = points.ConvertAll(point => (X: left + (Width * (point.X - least) / (most - least)), Y: frame.Y(top, point.Y)));
        foreach (var (at, point) in points.Index())
        {
            var fill = point.Group is { } group ? color[group] : scale?.Of(point.Value) ?? (byGroup ? Rgb.Missing : colors[0]);
            sheet.Add(new Dot(places[at].X, places[at].Y, radius, fill, points.Count > Tips ? null : Tip(point)));
        }

        Name(sheet, points, places, (left, top));
        legend?.Draw(sheet, left + Width, top, Height);
        bar?.Draw(sheet, left + Width, top, Height);
        return sheet.Finish(figure.Title, width, top + Height + 6 + Sheet.Small + Sheet.Line + 3 + Sheet.Edge);
    }

    private static void Across(Sheet sheet, string title, double least, double most, double left, double top)
    {
        var ticks = new Ticks(least, most, 6);
        foreach (var value in ticks.Values)
        {
            var x = left + (Width * (value - least) / (most - least));
            sheet.Add(new Stroke([(x, top), (x, top + Height)], Rgb.Faint));
            sheet.Write(x, top + Height + Sheet.Small + 4, ticks.Text(value), Anchor.Middle);
        }

        sheet.Write(left + (Width / 2), top + Height + 6 + Sheet.Small + Sheet.Line, Label.Of(title), Anchor.Middle);
    }

    /// <summary>Labels of the first points that find room right of, left of, above or below them; none lies over another.</summary>
    private static void Name(Sheet sheet, List<ScatterPoint> points, List<(double X, double Y)> places, (double Left, double Top) corner)
    {
        const double Most = 110;
        var taken = points.Count <= 300 ? places.ConvertAll(place => (place.X - 3, place.Y - 3, place.X + 3, place.Y + 3)) : [];
        for (var (at, named) = (0, 0); at < points.Count && named < Labels; at++)
        {
            var text = Label.Fit(Label.Of(points[at].Label), Sheet.Small, Most);
            var (x, y, width) = (places[at].X, places[at].Y, Label.Width(text, Sheet.Small));
            if (text.Length == 0)
            {
                continue;
            }

            foreach (var (textX, textY) in new[] { (x + 6, y + 4), (x - 6 - width, y + 4), (x - (width / 2), y - 6), (x - (width / 2), y + 14) })
            {
                var box = (Left: textX - 2, Top: textY - 9, Right: textX + width + 2, Bottom: textY + 3);
                if (box.Left < corner.Left || box.Right > corner.Left + Width || box.Top < corner.Top || box.Bottom > corner.Top + Height
                    || taken.Exists(other => box.Left < other.Item3 && other.Item1 < box.Right && box.Top < other.Item4 && other.Item2 < box.Bottom))
                {
                    continue;
                }

                sheet.Add(new Writing(textX, textY, text, Sheet.Small, Rgb.Ink, Halo: true));
                taken.Add(box);
                named++;
                break;
            }
        }
    }

    private static string Tip(ScatterPoint point)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Label.Of(point.Label)}: {point.X:G5}, {point.Y:G5}");
        text = point.Group is { } group ? $"{text}; {Label.Of(group)}" : text;
        return point.Value is { } value && double.IsFinite(value) ? string.Create(CultureInfo.InvariantCulture, $"{text}; {value:G5}") : text;
    }
}
