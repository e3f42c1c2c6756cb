namespace PluginLens.Pictures;

/// <summary>A plot with numbers along its left side: where values lie, the lines across it, its border.</summary>
internal sealed class Frame
{
    private readonly Ticks _ticks;
    private readonly double _least, _most;
    private readonly string _title;
    private readonly Zero _zero;

    /// <summary>A frame around values.</summary>
    /// <param name="title">Meaning of the values.</param>
    /// <param name="values">All that are drawn.</param>
    /// <param name="height">Height of the plot.</param>
    /// <param name="zero">Whether 0 belongs to the axis.</param>
    public Frame(string title, IEnumerable<double> values, double height, Zero zero = Zero.AsItComes)
    {
        (_title, Height, _zero) = (Label.Of(title), height, zero);
        (_least, _most) = Range(values, zero);
        _ticks = new Ticks(_least, _most, (int)Math.Clamp(height / 45, 2, 8));
        Extent = 8 + _ticks.Values.Select(value => Label.Width(_ticks.Text(value), Sheet.Small)).DefaultIfEmpty().Max() + (_title.Length > 0 ? Sheet.Line + 3 : 0);
    }

    /// <summary>Height of the plot.</summary>
    public double Height { get; }

    /// <summary>Room that numbers and title take at the left.</summary>
    public double Extent { get; }

    /// <summary>The range of an axis: a little more than its values have, so that none lies on the border.</summary>
    /// <param name="values">All that are drawn.</param>
    /// <param name="zero">Whether 0 belongs to it.</param>
    public static (double Least, double Most) Range(IEnumerable<double> values, Zero zero = Zero.AsItComes)
    {
        var (least, most) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values.Where(double.IsFinite))
        {
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }

        if (least > most)
        {
            return (0, 1);
        }

        var near = zero == Zero.WhereNear;
        var (down, up) = (zero == Zero.Always || (near && least > 0 && least < most / 2), zero == Zero.Always || (near && most < 0 && most > least / 2));
        (least, most) = (down ? Math.Min(0, least) : least, up ? Math.Max(0, most) : most);
        var room = most > least ? 0.04 * (most - least) : Math.Max(Math.Abs(most) / 10, 1e-3);
        var ends = zero != Zero.AsItComes;
        return (ends && least == 0 ? 0 : least - room, ends && most == 0 && least < 0 ? 0 : most + room);
    }

    /// <summary>Where a value lies.</summary>
    /// <param name="top">Upper edge of the plot.</param>
    /// <param name="value">The value.</param>
    public double Y(double top, double value) => top + (Height * (_most - value) / (_most - _least));

    /// <summary>Draws the lines across, the numbers and the border.</summary>
    /// <param name="sheet">Receives them.</param>
    /// <param name="left">Left edge of the plot.</param>
    /// <param name="top">Upper edge of the plot.</param>
    /// <param name="width">Width of the plot.</param>
    public void Draw(Sheet sheet, double left, double top, double width)
    {
        foreach (var value in _ticks.Values)
        {
            var y = Y(top, value);
            sheet.Add(new Stroke([(left, y), (left + width, y)], Rgb.Faint));
            sheet.Write(left - 5, y + 4, _ticks.Text(value), Anchor.End);
        }

        if (_zero != Zero.AsItComes && _least < 0 && _most > 0)
        {
            sheet.Add(new Stroke([(left, Y(top, 0)), (left + width, Y(top, 0))], Rgb.Ink, 0.8));
        }

        sheet.Write(left - Extent + Sheet.Small, top + (Height / 2), _title, Anchor.Middle, turned: true);
        sheet.Add(new Stroke([(left, top), (left, top + Height), (left + width, top + Height)], Rgb.Ink));
    }
}

/// <summary>Whether 0 belongs to an axis.</summary>
internal enum Zero
{
    /// <summary>Where it lies between the values.</summary>
    AsItComes,

    /// <summary>Also where the values nearly reach it: curves that are far from 0 keep their own range.</summary>
    WhereNear,

    /// <summary>Bars begin there.</summary>
    Always,
}
