namespace PluginLens.Pictures.Tests;

/// <summary>The same shapes as pixels.</summary>
public sealed class FigurePngTests
{
    [Test]
    public void Cells_HaveTheirColors_AndLabelsAreWritten()
    {
        var drawing = FigureDrawing.Of(SampleFigures.Attention);
        var png = Painted(SampleFigures.Attention);

        Assert.That((png.Width, png.Height), Is.EqualTo((3 * (int)drawing.Width, 3 * (int)drawing.Height)));
        foreach (var cell in drawing.Shapes.OfType<Box>().Where(box => box.Tip is not null))
        {
            Assert.That(png[(int)(3 * (cell.X + (cell.Width / 2))), (int)(3 * (cell.Y + (cell.Height / 2)))], Is.EqualTo(cell.Fill), cell.Tip);
        }

        var title = drawing.Shapes.OfType<Writing>().First();
        var ink = Enumerable.Range((int)(3 * title.X), (int)(3 * Label.Width(title.Words, title.Size))).SelectMany(x => Enumerable.Range((int)(3 * (title.Y - 10)), 30).Select(y => png[x, y])).Count(pixel => pixel.Luminance < 0.5);
        Assert.That(ink, Is.InRange(1000, 6000), "letters, not a bar and not nothing");
    }

    /// <summary>The area of a shape is what it darkens, wherever its edges lie between pixels.</summary>
    [TestCase(2.0, 2.0)]
    [TestCase(2.3, 3.7)]
    [TestCase(2.5, 2.5)]
    public void Fill_DarkensByTheAreaThatItCovers(double x, double y)
    {
        var canvas = new Canvas(40, 40);
        canvas.Fill([[(x, y), (x + 20, y + 7), (x + 5, y + 25)], [(x + 6, y + 8), (x + 6, y + 11), (x + 9, y + 11), (x + 9, y + 8)]], Rgb.Of(0));

        var dark = 0.0;
        foreach (var pixel in canvas.Pixels)
        {
            dark += 1 - (pixel.R / 255.0);
        }

        // The triangle, less the hole, which runs the other way round.
        Assert.That(dark, Is.EqualTo((((20 * 25) - (5 * 7)) / 2.0) - 9).Within(1));
    }

    [Test]
    public void Fill_BeyondTheEdges_LosesOnlyWhatIsThere()
    {
        var canvas = new Canvas(10, 10);
        canvas.Fill([[(-5, -5), (5, -5), (5, 20), (-5, 20)]], Rgb.Of(0));

        Assert.That(canvas.Pixels.ToArray().Select((pixel, at) => pixel.R == 0 == (at % 10 < 5)), Has.All.True);
    }

    [Test]
    public void Letters_ThatTheFontLacks_DifferFromEachOther()
    {
        Assert.That(FontFile.Default.Glyph('中'), Is.Zero, "or this tests nothing");
        Assert.That(Label.Width("中", 10), Is.EqualTo(10));
        Assert.That(MissingGlyph.Of('中').SelectMany(outline => outline), Is.Not.EqualTo(MissingGlyph.Of('文').SelectMany(outline => outline)));
        Assert.That(MissingGlyph.Of(0x1F9FF).SelectMany(outline => outline).All(point => point.X is >= 0 and <= 1 && point.Y is > -0.25 and < 0.8), Is.True);
    }

    /// <summary>Widths and outlines as the font's own tables give them, read by another program.</summary>
    [TestCase('A', 1401, 16, 0, 1384, 1493)]
    [TestCase('é', 1260, 113, -29, 1151, 1638)]
    [TestCase('↵', 1716, 100, 204, 1343, 1283)]
    public void Font_GivesWidthsAndOutlines(char letter, int advance, int left, int bottom, int right, int top)
    {
        var glyph = FontFile.Default.Glyph(letter);
        var points = FontFile.Default.Outline(glyph).SelectMany(outline => outline).ToList();

        Assert.That(FontFile.Default.Advance(glyph) * 2048, Is.EqualTo(advance).Within(1e-9));
        Assert.That(new[] { points.Min(point => point.X), points.Min(point => point.Y), points.Max(point => point.X), points.Max(point => point.Y) }.Select(value => value * 2048), Is.EqualTo(new double[] { left, bottom, right, top }).Within(8));
    }

    [TestCase("abc", "abc")]
    [TestCase("\u2068\u05D0\u05D1\u05D2\u2069", "\u05D2\u05D1\u05D0")]
    [TestCase("\u00B7\u2068\u05D0\u05D1\u2069 (3)", "\u00B7\u05D1\u05D0 (3)")]
    [TestCase("ab \u05D0\u05D1 \u05D2, cd", "ab \u05D2 \u05D1\u05D0, cd")]
    [TestCase("\u05D0\u05D1 cd", "cd \u05D1\u05D0")]
    public void Letters_StandInTheOrderInWhichTheyAreSeen(string stored, string seen) => Assert.That(string.Concat(ReadingOrder.Of(stored)), Is.EqualTo(seen));

    private static PngFile Painted(Figure figure)
    {
        using var file = new MemoryStream();
        FigurePng.Write(figure, file);
        return new PngFile(file.ToArray());
    }
}
