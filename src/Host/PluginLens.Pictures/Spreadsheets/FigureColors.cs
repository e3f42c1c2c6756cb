namespace PluginLens.Pictures;

/// <summary>The values of a heat map or token grid, and their colours.</summary>
/// <param name="Values">Without repetitions, as single precision: a column may have been written so.</param>
/// <param name="Scale">As in the picture.</param>
internal sealed record FigureColors(HashSet<float> Values, ColorScale Scale)
{
    /// <summary>Of a figure; null for one without colours of values.</summary>
    /// <param name="figure">The figure.</param>
    public static FigureColors? Of(Figure figure) => figure switch
    {
        Heatmap heatmap => Of(heatmap.Values.SelectMany(row => row), values => HeatmapPicture.Scale(heatmap, values)),
        TokenGrid grid => Of(grid.Cells.SelectMany(row => row).Select(cell => cell.Value), ColorScale.UnderText),
        _ => null,
    };

    private static FigureColors? Of(IEnumerable<double?> values, Func<List<double>, ColorScale> scale)
    {
        var finite = values.OfType<double>().Where(double.IsFinite).ToList();
        return finite.Count == 0 ? null : new FigureColors([.. finite.Select(value => (float)value)], scale(finite));
    }
}
