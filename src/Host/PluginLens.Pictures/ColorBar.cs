namespace PluginLens.Pictures;

/// <summary>What the colours of a picture mean: a bar with numbers, and the grey of cells without a value.</summary>
/// <param name="scale">The colours.</param>
/// <param name="hasMissing">Whether the picture has grey cells.</param>
internal sealed class ColorBar(ColorScale scale, bool hasMissing)
{
    private const double Thickness = 12, Least = 90, Most = 220, Gap = 18;
    private const string None = "no value";
    private readonly Ticks _ticks = new(scale.Least, scale.Most);

    /// <summary>Room that it takes to the right of a picture.</summary>
    public double Width => Gap + Thickness + 7 + Math.Max(_ticks.Values.Max(value => Label.Width(_ticks.Text(value), Sheet.Small)), hasMissing ? Label.Width(None, Sheet.Small) : 0);

    /// <summary>Its height beside a picture.</summary>
    /// <param name="beside">Height of the picture.</param>
    public static double Height(double beside) => Math.Clamp(beside, Least, Most);

    /// <summary>Draws it.</summary>
    /// <param name="sheet">Receives it.</param>
    /// <param name="x">Right edge of the picture.</param>
    /// <param name="y">Upper edge of the picture.</param>
    /// <param name="beside">Height of the picture.</param>
    /// <returns>Its lower edge.</returns>
    public double Draw(Sheet sheet, double x, double y, double beside)
    {
        const int Bands = 64;
        var (left, height) = (x + Gap, Height(beside) - (hasMissing ? 24 : 0));
        var colors = Enumerable.Range(0, Bands).Select(band => scale.Of(scale.Most - ((scale.Most - scale.Least) * band / (Bands - 1)))).ToArray();
        sheet.Add(new Cells(left, y, Thickness, height, 1, Bands, colors));
        sheet.Frame(left, y, Thickness, height);
        foreach (var value in _ticks.Values)
        {
            var at = scale.Most > scale.Least ? y + (height * (scale.Most - value) / (scale.Most - scale.Least)) : y + (height / 2);
            sheet.Add(new Stroke([(left + Thickness, at), (left + Thickness + 4, at)], Rgb.Ink));
            sheet.Write(left + Thickness + 7, at + 4, _ticks.Text(value));
        }

        if (hasMissing)
        {
            sheet.Add(new Box(left, y + height + 12, Thickness, Thickness, Rgb.Missing));
            sheet.Write(left + Thickness + 7, y + height + 22, None);
        }

        return y + Height(beside);
    }
}
