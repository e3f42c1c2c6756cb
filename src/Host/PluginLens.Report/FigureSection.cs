using PluginLens.Pictures;

namespace PluginLens.Report;

/// <summary>A figure of a stored run as arrays, and the picture of it that can be kept.</summary>
internal static class FigureSection
{
    /// <summary>Writes its data into the page, and says what they are.</summary>
    /// <param name="name">Name of the figure.</param>
    /// <param name="figure">The figure.</param>
    /// <param name="page">Receives the data.</param>
    /// <param name="strings">Receives the texts.</param>
    public static Dictionary<string, object?> Write(string name, Figure figure, PageData page, StringTable strings)
    {
        var section = new Dictionary<string, object?> { ["name"] = name, ["title"] = figure.Title };
        var arrays = figure switch
        {
            Heatmap heatmap => Of(heatmap, section, strings),
            TokenGrid grid => Of(grid, section, strings),
            Chart chart => Of(chart, section, strings),
            Scatter scatter => Of(scatter, section, strings),
            _ => throw new NotSupportedException($"There is no view of a {figure.GetType().Name}."),
        };
        section["arrays"] = arrays.Select(BlobWriter.Described).ToList();
        section["blob"] = page.Write(BlobWriter.Arrays(arrays));
        section["svg"] = page.Write(BlobWriter.Text(text => FigureSvg.Write(figure, text)));
        return section;
    }

    private static Array[] Of(Heatmap figure, Dictionary<string, object?> section, StringTable strings)
    {
        Describe(section, "heatmap", figure.XTitle, figure.YTitle);
        (section["signed"], section["scale"]) = (figure.Signed, figure.Scale.Select(stop => new { value = stop.Value, color = stop.Color }).ToList());
        return [Numbers(figure.XLabels, strings), Numbers(figure.YLabels, strings), Floats(figure.Values.SelectMany(row => row))];
    }

    private static Array[] Of(TokenGrid figure, Dictionary<string, object?> section, StringTable strings)
    {
        Describe(section, "token-grid", figure.XTitle, figure.YTitle);
        var cells = figure.Cells.SelectMany(row => row).ToList();
        return
        [
            Numbers(figure.XLabels, strings), Numbers(figure.YLabels, strings),
            Numbers(cells.Select(cell => cell.Text), strings), Floats(cells.Select(cell => cell.Value)), Numbers(cells.Select(cell => cell.Detail), strings),
        ];
    }

    private static Array[] Of(Chart figure, Dictionary<string, object?> section, StringTable strings)
    {
        Describe(section, "chart", figure.XTitle, figure.YTitle);
        section["bars"] = figure.AsBars;
        return [Numbers(figure.XLabels, strings), Numbers(figure.Series.Select(series => series.Name), strings), Floats(figure.Series.SelectMany(series => series.Values))];
    }

    private static Array[] Of(Scatter figure, Dictionary<string, object?> section, StringTable strings)
    {
        Describe(section, "scatter", figure.XTitle, figure.YTitle);
        var points = figure.Points;
        return
        [
            Floats(points.Select(point => (double?)point.X)), Floats(points.Select(point => (double?)point.Y)),
            Numbers(points.Select(point => point.Label), strings), Numbers(points.Select(point => point.Group), strings), Floats(points.Select(point => point.Value)),
        ];
    }

    private static void Describe(Dictionary<string, object?> section, string kind, string x, string y) => (section["kind"], section["xTitle"], section["yTitle"]) = (kind, x, y);

    private static int[] Numbers(IEnumerable<string?> texts, StringTable strings) => [.. texts.Select(strings.Of)];

    /// <summary>NaN where there is no value. What float32 cannot hold stays in 64 bits.</summary>
    private static Array Floats(IEnumerable<double?> values)
    {
        double[] numbers = [.. values.Select(value => value ?? double.NaN)];
        return Array.TrueForAll(numbers, number => !(Math.Abs(number) is > float.MaxValue or (> 0 and < 1.2e-38))) ? Array.ConvertAll(numbers, number => (float)number) : numbers;
    }
}
