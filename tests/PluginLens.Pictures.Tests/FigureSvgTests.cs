using System.Globalization;
using System.Xml.Linq;

namespace PluginLens.Pictures.Tests;

public sealed class FigureSvgTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static IEnumerable<TestCaseData> Figures => SampleFigures.All.Select(figure => new TestCaseData(figure.Value).SetArgDisplayNames(figure.Key));

    /// <summary>Everything lies on the paper: what does not would be cut off.</summary>
    [TestCaseSource(nameof(Figures))]
    public void EveryKind_IsXml_WhoseShapesLieOnThePaper(Figure figure)
    {
        var svg = Drawn(figure);
        var (width, height) = (Number(svg, "width"), Number(svg, "height"));

        Assert.That(svg.Element(Svg + "title")!.Value, Is.EqualTo(figure.Title));
        foreach (var shape in svg.Elements().Where(shape => shape.Attribute("x") is not null && shape.Attribute("width") is not null))
        {
            Assert.That(Number(shape, "x") + Number(shape, "width"), Is.LessThanOrEqualTo(width), shape.ToString());
            Assert.That(Number(shape, "y") + Number(shape, "height"), Is.LessThanOrEqualTo(height), shape.ToString());
        }
    }

    private static XElement Drawn(Figure figure)
    {
        using var text = new StringWriter();
        FigureSvg.Write(figure, text);
        return XElement.Parse(text.ToString(), LoadOptions.PreserveWhitespace);
    }

    private static double Number(XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
}
