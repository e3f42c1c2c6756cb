namespace PluginLens.Pictures;

/// <summary>A picture in the making: shapes, and what every kind of figure has.</summary>
internal sealed class Sheet
{
    /// <summary>Room at the edges.</summary>
    public const double Edge = 10;

    /// <summary>Size of labels: 8 points, which a column of a paper still shows.</summary>
    public const double Small = 11;

    /// <summary>Size of titles.</summary>
    public const double Large = 13;

    /// <summary>From one line of labels to the next.</summary>
    public const double Line = 15;

    private readonly List<Shape> _shapes = [];

    /// <summary>Adds a shape.</summary>
    /// <param name="shape">It lies above those before it.</param>
    public void Add(Shape shape) => _shapes.Add(shape);

    /// <summary>Adds a label; one that does not fit is shortened, and says the whole of itself to the pointer.</summary>
    /// <param name="x">Where it begins, has its middle or ends.</param>
    /// <param name="y">Its base line.</param>
    /// <param name="text">Text that can be seen.</param>
    /// <param name="anchor">What <paramref name="x"/> is.</param>
    /// <param name="width">The most that it may take.</param>
    /// <param name="turned">Whether it reads upwards.</param>
    /// <param name="color">Colour; null = ink.</param>
    public void Write(double x, double y, string text, Anchor anchor = Anchor.Start, double width = double.PositiveInfinity, bool turned = false, Rgb? color = null)
    {
        var shown = Label.Fit(text, Small, width);
        if (shown.Length > 0)
        {
            Add(new Writing(x, y, shown, Small, color ?? Rgb.Ink, anchor, turned, shown == text ? null : text));
        }
    }

    /// <summary>Draws the border of something whose colours may be those of the paper.</summary>
    /// <param name="x">Left edge.</param>
    /// <param name="y">Upper edge.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    public void Frame(double x, double y, double width, double height) =>
        Add(new Stroke([(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)], Rgb.Missing, 0.8));

    /// <summary>Writes a title across the top.</summary>
    /// <param name="title">The figure's.</param>
    /// <param name="width">Width of the picture.</param>
    /// <returns>Where what follows begins.</returns>
    public double Title(string title, double width)
    {
        var y = Edge;
        foreach (var line in Label.Lines(Label.Of(title), Large, width - (2 * Edge)))
        {
            y += Large + 4;
            Add(new Writing(Edge, y - 4, line, Large, Rgb.Ink));
        }

        return y + 8;
    }

    /// <summary>The picture.</summary>
    /// <param name="title">The figure's.</param>
    /// <param name="width">Width.</param>
    /// <param name="height">Height.</param>
    public Drawing Finish(string title, double width, double height) => new(Label.Of(title), Math.Ceiling(width), Math.Ceiling(height), _shapes);
}
