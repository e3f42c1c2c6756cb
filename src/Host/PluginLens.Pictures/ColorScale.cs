namespace PluginLens.Pictures;

/// <summary>Colours of values, and the range that they stand for. Told apart by people who do not see red and green apart.</summary>
/// <param name="stops">Colours at values, ascending; beyond the ends they stay.</param>
internal sealed class ColorScale(IReadOnlyList<(double Value, Rgb Color)> stops)
{
    private static readonly Rgb[] Viridis = [.. new[] { 0x440154, 0x482878, 0x3E4A89, 0x31688E, 0x26828E, 0x1F9E89, 0x35B779, 0x6DCD59, 0xB4DE2C, 0xFDE725 }.Select(Rgb.Of)];
    private static readonly Rgb[] Blues = [.. new[] { 0xF7FBFF, 0xDEEBF7, 0xC6DBEF, 0x9ECAE1, 0x6BAED6, 0x4292C6, 0x2171B5, 0x08519C, 0x08306B }.Select(Rgb.Of)];
    private static readonly Rgb[] RedWhiteBlue = [.. new[] { 0xB2182B, 0xEF8A62, 0xFDDBC7, 0xFFFFFF, 0xD1E5F0, 0x67A9CF, 0x2166AC }.Select(Rgb.Of)];

    /// <summary>Lowest value that has a colour of its own.</summary>
    public double Least => stops[0].Value;

    /// <summary>Highest value that has a colour of its own.</summary>
    public double Most => stops[^1].Value;

    /// <summary>Red below 0, white at 0, blue above it, as far as the largest value reaches.</summary>
    /// <param name="values">The values.</param>
    public static ColorScale Signed(IEnumerable<double> values)
    {
        var most = values.Select(Math.Abs).DefaultIfEmpty().Max();
        return Even(RedWhiteBlue, -most, most);
    }

    /// <summary>From dark to light; from 0, where the values lie above it and not far off.</summary>
    /// <param name="values">The values.</param>
    public static ColorScale Rising(IReadOnlyCollection<double> values) => Even(Viridis, Start(values), values.DefaultIfEmpty().Max());

    /// <summary>For cells with text in them: from white to blue, or with 0 as white where some values are below it and some above.</summary>
    /// <param name="values">The values.</param>
    public static ColorScale UnderText(IReadOnlyCollection<double> values) =>
        values.Any(value => value < 0) && values.Any(value => value > 0) ? Signed(values) : Even(Blues, Start(values), values.DefaultIfEmpty().Max());

    /// <summary>As the figure says.</summary>
    /// <param name="stops">Its stops.</param>
    public static ColorScale Given(IReadOnlyList<ColorStop> stops) => new([.. stops.Select(stop => (stop.Value, Rgb.Parse(stop.Color)))]);

    /// <summary>Colours of a row of things in order: a palette of eight, or from dark to light where there are more.</summary>
    /// <param name="count">How many.</param>
    public static Rgb[] Ordered(int count)
    {
        // Okabe and Ito's, without the yellow that white paper swallows.
        int[] palette = [0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7, 0xE69F00, 0x56B4E9, 0x000000];
        var rising = Even(Viridis, 0, 1.1 * Math.Max(1, count - 1));
        return [.. Enumerable.Range(0, count).Select(at => count <= palette.Length ? Rgb.Of(palette[at]) : rising.Of(at))];
    }

    /// <summary>The colour of a value; grey where there is none.</summary>
    /// <param name="value">The value.</param>
    public Rgb Of(double? value)
    {
        if (value is not { } number || !double.IsFinite(number))
        {
            return Rgb.Missing;
        }

        var upper = 0;
        while (upper < stops.Count && stops[upper].Value < number)
        {
            upper++;
        }

        if (upper == 0 || upper == stops.Count)
        {
            return stops[Math.Min(upper, stops.Count - 1)].Color;
        }

        var (below, above) = (stops[upper - 1], stops[upper]);
        return below.Color.Mix(above.Color, (number - below.Value) / (above.Value - below.Value));
    }

    private static double Start(IReadOnlyCollection<double> values)
    {
        var (least, most) = (values.DefaultIfEmpty().Min(), values.DefaultIfEmpty().Max());
        return least >= 0 && least <= most / 2 ? 0 : least;
    }

    private static ColorScale Even(Rgb[] colors, double least, double most) =>
        new([.. colors.Select((color, at) => (least + ((most - least) * at / (colors.Length - 1)), color))]);
}
