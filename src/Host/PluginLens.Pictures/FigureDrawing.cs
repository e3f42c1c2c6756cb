namespace PluginLens.Pictures;

/// <summary>How each kind of figure looks.</summary>
internal static class FigureDrawing
{
    /// <summary>Lays out a figure.</summary>
    /// <param name="figure">The figure.</param>
    public static Drawing Of(Figure figure) => figure switch
    {
        Heatmap heatmap => HeatmapPicture.Draw(heatmap),
        TokenGrid grid => TokenGridPicture.Draw(grid),
        Chart chart => ChartPicture.Draw(chart),
        Scatter scatter => ScatterPicture.Draw(scatter),
        _ => throw new NotSupportedException($"There is no picture of a {figure.GetType().Name}."),
    };
}
