using System.Globalization;
using System.Security;
using System.Text.RegularExpressions;
using PluginLens.Pictures;

namespace PluginLens.Benchmarks;

/// <summary>Charts beside and below each other in one SVG.</summary>
internal static partial class ScalingPicture
{
    private const int Columns = 2, Edge = 10, HeadLine = 18;

    /// <summary>Writes the picture.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lines">What stands above the charts; the first is its title.</param>
    /// <param name="charts">Row by row.</param>
    public static void Write(string path, IReadOnlyList<string> lines, IReadOnlyList<Chart> charts)
    {
        var drawn = charts.Select(Draw).ToList();
        var columns = Enumerable.Range(0, Columns).Select(column => drawn.Where((_, at) => at % Columns == column).Max(picture => picture.Width)).ToList();
        var rows = drawn.Chunk(Columns).Select(row => row.Max(picture => picture.Height)).ToList();
        var top = Edge + (lines.Count * HeadLine);
        var (width, height) = (Number(columns.Sum()), Number(top + rows.Sum()));

        using var output = new StreamWriter(path) { NewLine = "\n" };
        output.WriteLine($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"'DejaVu Sans', Verdana, Arial, sans-serif\">");
        output.WriteLine($"<title>{SecurityElement.Escape(lines[0])}</title>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
        foreach (var (at, line) in lines.Index())
        {
            output.WriteLine($"<text x=\"{Edge}\" y=\"{Edge + ((at + 0.7) * HeadLine):0}\" font-size=\"{(at == 0 ? 14 : 11)}\" fill=\"#222222\">{SecurityElement.Escape(line)}</text>");
        }

        foreach (var (at, picture) in drawn.Index())
        {
            output.Write($"<g transform=\"translate({Number(columns.Take(at % Columns).Sum())},{Number(top + rows.Take(at / Columns).Sum())})\">\n{picture.Svg}</g>\n");
        }

        output.WriteLine("</svg>");
    }

    private static (string Svg, double Width, double Height) Draw(Chart chart)
    {
        using var text = new StringWriter();
        FigureSvg.Write(chart, text);
        var svg = text.ToString();
        var size = Size().Match(svg);
        return (svg, double.Parse(size.Groups[1].Value, CultureInfo.InvariantCulture), double.Parse(size.Groups[2].Value, CultureInfo.InvariantCulture));
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    [GeneratedRegex("width=\"([0-9.]+)\" height=\"([0-9.]+)\"")]
    private static partial Regex Size();
}
