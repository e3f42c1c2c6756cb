using System.Globalization;
using System.Text;

namespace PluginLens.Pictures;

/// <summary>Figures as SVG: one self-contained text, the same wherever it is made.</summary>
public static class FigureSvg
{
    /// <summary>Draws a figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="output">Receives an <c>svg</c> element without an XML declaration, so that it also stands inside a page; lines end with <c>\n</c>.</param>
    public static void Write(Figure figure, TextWriter output) => Write(FigureDrawing.Of(figure), output);

    private static void Write(Drawing drawing, TextWriter output)
    {
        var (width, height) = (Number(drawing.Width), Number(drawing.Height));
        output.Write($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\">\n");
        output.Write($"<title>{Escaped(drawing.Title)}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n");
        foreach (var shape in drawing.Shapes)
        {
            Write(shape, output);
        }

        output.Write("</svg>\n");
    }

    private static void Write(Shape shape, TextWriter output)
    {
        switch (shape)
        {
            case Box box:
                Element($"rect x=\"{Number(box.X)}\" y=\"{Number(box.Y)}\" width=\"{Number(box.Width)}\" height=\"{Number(box.Height)}\" fill=\"{box.Fill}\" shape-rendering=\"crispEdges\"", "rect", string.Empty);
                break;
            case Dot dot:
                Element($"circle cx=\"{Number(dot.X)}\" cy=\"{Number(dot.Y)}\" r=\"{Number(dot.Radius)}\" fill=\"{dot.Fill}\"", "circle", string.Empty);
                break;
            case Stroke stroke:
                Element($"polyline points=\"{string.Join(' ', stroke.Points.Select(point => $"{Number(point.X)},{Number(point.Y)}"))}\" fill=\"none\" stroke=\"{stroke.Color}\" stroke-width=\"{Number(stroke.Thickness)}\"", "polyline", string.Empty);
                break;
            case Writing text:
                var anchor = text.Anchor switch { Anchor.Middle => " text-anchor=\"middle\"", Anchor.End => " text-anchor=\"end\"", _ => string.Empty };
                var place = text.Turned ? $"transform=\"translate({Number(text.X)},{Number(text.Y)}) rotate(-90)\"" : $"x=\"{Number(text.X)}\" y=\"{Number(text.Y)}\"";
                Element($"text {place} font-size=\"{Number(text.Size)}\" fill=\"{text.Color}\"{anchor}{(text.Halo ? " stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"" : string.Empty)}", "text", Escaped(text.Words));
                break;
            case Cells cells:
                var png = Convert.ToBase64String(Png.Encode(cells.Columns, cells.Rows, cells.Colors));
                Element($"image x=\"{Number(cells.X)}\" y=\"{Number(cells.Y)}\" width=\"{Number(cells.Width)}\" height=\"{Number(cells.Height)}\" preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{png}\"", "image", string.Empty);
                break;
            default:
                throw new NotSupportedException($"Shape {shape.GetType().Name}.");
        }

        void Element(string start, string name, string content)
        {
            var tip = shape.Tip is null ? string.Empty : $"<title>{Escaped(shape.Tip)}</title>";
            output.Write(content.Length + tip.Length == 0 ? $"<{start}/>\n" : $"<{start}>{tip}{content}</{name}>\n");
        }
    }

    private static string Number(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text)
        {
            _ = letter switch { '&' => escaped.Append("&amp;"), '<' => escaped.Append("&lt;"), '>' => escaped.Append("&gt;"), _ => escaped.Append(letter) };
        }

        return escaped.ToString();
    }
}
