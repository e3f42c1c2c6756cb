using System.Globalization;
using System.Xml.Linq;

namespace PluginLens.Pictures.Tests;

/// <summary>What stands in a picture, read from its XML.</summary>
public sealed class FigureSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static IEnumerable<TestCaseData> Figures => SampleFigures.All.Select(figure => new TestCaseData(figure.Value).SetArgDisplayNames(figure.Key));

    /// <summary>What does not lie on the paper would be cut off.</summary>
    [TestCaseSource(nameof(Figures))]
    public void EveryKind_IsXml_WhoseShapesLieOnThePaper(Figure figure)
    {
        var drawing = FigureDrawing.Of(figure);
        var svg = Drawn(figure);

        Assert.That(svg.Element(Svg + "title")!.Value, Is.EqualTo(figure.Title));
        Assert.That((Number(svg, "width"), Number(svg, "height")), Is.EqualTo((drawing.Width, drawing.Height)));
        foreach (var shape in drawing.Shapes)
        {
            var (left, top, right, bottom) = Extent(shape);
            Assert.That(left >= 0 && top >= 0 && right <= drawing.Width && bottom <= drawing.Height, Is.True, shape.ToString());
        }
    }

    [Test]
    public void Heatmap_CellsSayWhereTheyAreAndWhatTheyShow()
    {
        var svg = Drawn(SampleFigures.Attention);
        var cells = svg.Elements(Svg + "rect").Where(cell => cell.Element(Svg + "title") is not null).ToDictionary(cell => cell.Element(Svg + "title")!.Value, cell => cell.Attribute("fill")!.Value);

        Assert.That(cells, Has.Count.EqualTo(36));
        Assert.That(cells, Does.ContainKey("destination token ·the (3), source token ·the (1): 0.25").WithValue(ColorScale.Rising([0, 1]).Of(0.25).ToString()));
        Assert.That(cells["destination token <s> (0), source token <s> (0): 1"], Is.EqualTo("#fde725"));
        Assert.That(cells["destination token <s> (0), source token ↵ (4): no value"], Is.EqualTo("#c8c8c8"));
        Assert.That(Words(svg), Does.Contain("no value"), "the legend says what grey is");
        Assert.That(Words(svg).Count(word => word is "·the (1)" or "·the (3)"), Is.EqualTo(4), "equal tokens have a row and a column each");
    }

    [Test]
    public void Heatmap_Signed_HasWhiteInTheMiddle()
    {
        var svg = Drawn(new Heatmap("t", "x", "y", ["a", "b", "c"], ["r"], [[-4, 0, 2]], Signed: true));
        var fills = svg.Elements(Svg + "rect").Where(cell => cell.Element(Svg + "title") is not null).Select(cell => cell.Attribute("fill")!.Value).ToList();

        Assert.That(fills[..2], Is.EqualTo(["#b2182b", "#ffffff"]));
        Assert.That(fills[2], Is.EqualTo(ColorScale.Signed([4]).Of(2).ToString()).And.Not.EqualTo("#2166ac"), "half as far from 0 is half as blue");
    }

    [Test]
    public void Heatmap_ScaleOfTheFigure_IsKept()
    {
        var svg = Drawn(new Heatmap("t", "x", "y", ["a", "b", "c"], ["r"], [[0, 0.5, 9]]) { Scale = [new ColorStop(0, "white"), new ColorStop(1, "#ff0000")] });

        Assert.That(svg.Elements(Svg + "rect").Where(cell => cell.Element(Svg + "title") is not null).Select(cell => cell.Attribute("fill")!.Value), Is.EqualTo(["#ffffff", "#ff8080", "#ff0000"]));
        Assert.That(() => Drawn(new Heatmap("t", "x", "y", ["a"], ["r"], [[0]]) { Scale = [new ColorStop(0, "sky")] }), Throws.TypeOf<UsageException>().With.Message.Contains("'sky'"));
    }

    [Test]
    public void Heatmap_Large_IsOneImageWithAPixelForEachCell()
    {
        var svg = Drawn(SampleFigures.All["large"]);
        var image = svg.Elements(Svg + "image").Select(image => new PngFile(Convert.FromBase64String(image.Attribute("href")!.Value["data:image/png;base64,".Length..]))).MaxBy(image => image.Width)!;

        Assert.That((image.Width, image.Height), Is.EqualTo((1000, 1000)));
        Assert.That(image[628, 50], Is.EqualTo(ColorScale.Signed([1]).Of(Math.Sin(628 * 50 / 20000.0))));
        Assert.That(svg.Elements(Svg + "rect").Count(), Is.LessThan(10));
    }

    [TestCase("<script>alert('x')</script>", "<script>alert('x')</script>")]
    [TestCase("]]>&amp;\"", "]]>&amp;\"")]
    [TestCase("\u0000\u001B[31m", "\\u{00}\\u{1B}[31m")]
    [TestCase("\uFFFE", "\\u{FFFE}")]
    [TestCase("a\u202Eb", "a\\u{202E}b")]
    [TestCase("\u05D0\u05D1", "\u2068\u05D0\u05D1\u2069")]
    [TestCase("  a\t\n ", "··a→↵·")]
    [TestCase(" ", "·")]
    [TestCase("unpaired x", "\\u{D800}x")]
    public void HostileTexts_AreShownLiterally_Everywhere(string text, string shown)
    {
        // An attribute cannot hold half a character.
        text = text.Replace("unpaired ", "\uD800", StringComparison.Ordinal);
        Figure[] figures =
        [
            new Heatmap(text, text, text, [text], [text], [[1]]), new TokenGrid(text, text, text, [text], [text], [[new TokenCell(text, 1, text)]]),
            new Chart(text, text, text, [text], [new Series(text, [1]), new Series("b", [2])]), new Scatter(text, text, text, [new ScatterPoint(1, 1, text, text)]),
        ];
        foreach (var svg in figures.Select(Drawn))
        {
            Assert.That(svg.Element(Svg + "title")!.Value, Is.EqualTo(shown));
            Assert.That(svg.Descendants().Select(element => element.Name.LocalName).Distinct(), Is.SubsetOf(["svg", "title", "rect", "text", "polyline", "circle", "image"]));
            Assert.That(Words(svg).Count(word => word == shown), Is.GreaterThanOrEqualTo(3), "title, axis and label");
        }
    }

    [Test]
    public void TokenGrid_ShowsTokens_AndGreyWhereThereIsNone()
    {
        var svg = Drawn(SampleFigures.Lens);

        Assert.That(Words(svg).Count(word => word == "·Paris"), Is.EqualTo(11));
        Assert.That(Words(svg).Count(word => word == "→<b>&"), Is.EqualTo(12));
        Assert.That(svg.Elements(Svg + "rect").Count(cell => cell.Attribute("fill")!.Value == "#c8c8c8"), Is.EqualTo(2), "the cell without a token, and the legend");
        Assert.That(svg.Descendants(Svg + "title").Select(tip => tip.Value), Does.Contain("·Paris: 0.8; Paris 0.5"));
        Assert.That(Words(svg), Does.Contain("↵ (4)"));
        Assert.That(Words(svg).Single(word => word.EndsWith("… (5)", StringComparison.Ordinal)), Does.StartWith("·extra"), "shortened, its position kept");
    }

    [TestCase(48, 1)]
    [TestCase(49, 2)]
    [TestCase(96, 2)]
    [TestCase(810, 7)]
    public void TokenGrid_OfManyRows_GoesOnInPanels(int rows, int panels)
    {
        var grid = new TokenGrid("Words", "side", "direction", ["input", "output"], [.. Enumerable.Range(0, rows).Select(row => $"L{row / 3}H{row % 3}")], [.. Enumerable.Range(0, rows).Select(row => new[] { new TokenCell($"in{row}", row), new TokenCell($"a longer text {row}", -row) })]);

        var drawing = FigureDrawing.Of(grid);

        var cells = drawing.Shapes.OfType<Box>().Where(box => box.Tip is not null).ToList();
        var words = drawing.Shapes.OfType<Writing>().Select(writing => writing.Words).ToList();
        Assert.That(cells, Has.Count.EqualTo(2 * rows));
        Assert.That(cells.Select(cell => (cell.X, cell.Y)).Distinct().Count(), Is.EqualTo(2 * rows), "none lies on another");
        Assert.That(cells.Select(cell => cell.X).Distinct().Count(), Is.EqualTo(2 * panels));
        Assert.That(grid.YLabels.Except(words), Is.Empty);
        Assert.That(words.Count(word => word == "direction"), Is.EqualTo(panels));
        Assert.That(cells.Max(cell => cell.X + cell.Width), Is.LessThan(drawing.Width));
        Assert.That(drawing.Width, Is.LessThan(1900));

        // Down a panel, then on at the top of the next.
        Assert.That(cells.Where((_, at) => at % 2 == 0).Select(cell => (cell.X, cell.Y)), Is.Ordered);
    }

    [Test]
    public void Bars_AreAsLongAsTheirValues_FromZero()
    {
        var boxes = FigureDrawing.Of(SampleFigures.Bars).Shapes.OfType<Box>().Where(box => box.Tip is not null).ToDictionary(box => box.Tip!);
        var (one, three, down) = (boxes["attention, layer 0: 1"], boxes["attention, layer 2: 3"], boxes["attention, layer 1: -2"]);

        Assert.That(boxes, Has.Count.EqualTo(11), "one value is lacking");
        Assert.That(three.Height, Is.EqualTo(3 * one.Height).Within(1e-9));
        Assert.That(three.Y + three.Height, Is.EqualTo(down.Y).Within(1e-9), "what is above 0 ends where what is below it begins");
        Assert.That(down.Height, Is.EqualTo(2 * one.Height).Within(1e-9));
    }

    [Test]
    public void Curves_BreakWhereAValueIsLacking_AndEqualOnesAreDashed()
    {
        var curves = FigureDrawing.Of(SampleFigures.Curves).Shapes.OfType<Stroke>().Where(stroke => stroke.Thickness == 1.6).ToList();
        Assert.That(curves.Select(curve => curve.Points.Count), Is.EqualTo([20, 41, 20, 41, 20, 41]));

        var twice = FigureDrawing.Of(new Chart("t", "x", "y", SampleFigures.Numbers(100), [SampleFigures.Curves.Series[0] with { Values = [.. Enumerable.Repeat((double?)1, 100)] }, new Series("b", [.. Enumerable.Repeat((double?)1, 100)])]));
        var colors = twice.Shapes.OfType<Stroke>().Where(stroke => stroke.Thickness == 1.6).GroupBy(stroke => stroke.Color).Select(group => group.Count()).ToList();
        Assert.That(colors[0], Is.EqualTo(1));
        Assert.That(colors[1], Is.GreaterThan(20), "dashes, between which the first shows");
    }

    [Test]
    public void Scatter_LabelsDoNotLieOnEachOther()
    {
        var labels = FigureDrawing.Of(SampleFigures.Map).Shapes.OfType<Writing>().Where(text => text.Words.StartsWith("·w", StringComparison.Ordinal)).Select(Extent).ToList();

        Assert.That(labels, Has.Count.GreaterThan(40));
        Assert.That(labels.SelectMany((one, at) => labels.Skip(at + 1).Where(other => one.Left < other.Right && other.Left < one.Right && one.Top < other.Bottom && other.Top < one.Bottom)), Is.Empty);
    }

    [Test]
    public void Figures_WithoutAnything_AreDrawn()
    {
        Figure[] empty =
        [
            new Heatmap("t", "x", "y", [], [], []), new Heatmap("t", "x", "y", ["a"], ["b"], [[null]]), new Heatmap("t", "x", "y", ["a"], ["b"], [[double.NaN]], Signed: true),
            new TokenGrid("t", "x", "y", [], [], []), new Chart("t", "x", "y", [], []), new Chart("t", "x", "y", ["a"], [new Series("s", [null])], AsBars: true),
            new Scatter("t", "x", "y", []), new Scatter("t", "x", "y", [new ScatterPoint(double.NaN, 1, "p")]), new Heatmap("t", "x", "y", ["a", "b"], ["b"], [[1e300, -1e300]], Signed: true),
            new Chart("t", "x", "y", ["a", "b"], [new Series("s", [1e-300, double.PositiveInfinity])]), new Scatter("t", "x", "y", [new ScatterPoint(3, 3, "p", Value: double.NaN)]),
        ];
        foreach (var figure in empty)
        {
            Assert.That(Drawn(figure).ToString(), Does.Not.Contain("NaN").And.Not.Contain("Infinity").And.Not.Contain("∞"), figure.ToString());
        }
    }

    private static XElement Drawn(Figure figure)
    {
        using var text = new StringWriter();
        FigureSvg.Write(figure, text);
        return XElement.Parse(text.ToString(), LoadOptions.PreserveWhitespace);
    }

    private static List<string> Words(XElement svg) => [.. svg.Elements(Svg + "text").Select(text => string.Concat(text.Nodes().OfType<XText>().Select(part => part.Value)))];

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);

    private static (double Left, double Top, double Right, double Bottom) Extent(Shape shape)
    {
        switch (shape)
        {
            case Box box:
                return (box.X, box.Y, box.X + box.Width, box.Y + box.Height);
            case Cells cells:
                return (cells.X, cells.Y, cells.X + cells.Width, cells.Y + cells.Height);
            case Dot dot:
                return (dot.X - dot.Radius, dot.Y - dot.Radius, dot.X + dot.Radius, dot.Y + dot.Radius);
            case Stroke stroke:
                return (stroke.Points.Min(point => point.X), stroke.Points.Min(point => point.Y), stroke.Points.Max(point => point.X), stroke.Points.Max(point => point.Y));
            case Writing text:
                var width = Label.Width(text.Words, text.Size);
                var before = text.Anchor switch { Anchor.Middle => width / 2, Anchor.End => width, _ => 0 };
                return text.Turned
                    ? (text.X - (0.8 * text.Size), text.Y - width + before, text.X + (0.2 * text.Size), text.Y + before)
                    : (text.X - before, text.Y - (0.8 * text.Size), text.X - before + width, text.Y + (0.2 * text.Size));
            default:
                throw new NotSupportedException();
        }
    }
}
