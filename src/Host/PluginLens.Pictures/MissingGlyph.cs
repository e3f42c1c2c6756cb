using System.Globalization;

namespace PluginLens.Pictures;

/// <summary>What stands for a character that the font lacks: a frame with its code point in it, so that different ones stay different.</summary>
internal static class MissingGlyph
{
    /// <summary>Outlines in units of the size, one unit wide.</summary>
    /// <param name="rune">Code point.</param>
    public static IReadOnlyList<(double X, double Y)[]> Of(int rune)
    {
        const double Left = 0.05, Right = 0.95, Bottom = -0.2, Top = 0.78, Line = 0.05, Size = 0.44;
        List<(double X, double Y)[]> outlines =
        [
            [(Left, Bottom), (Right, Bottom), (Right, Top), (Left, Top)],
            [(Left + Line, Bottom + Line), (Left + Line, Top - Line), (Right - Line, Top - Line), (Right - Line, Bottom + Line)],
        ];
        var code = rune.ToString(rune > 0xFFFF ? "X6" : "X4", CultureInfo.InvariantCulture);
        var half = code.Length / 2;
        foreach (var (at, digit) in code.Index())
        {
            var glyph = FontFile.Default.Glyph(digit);
            var size = half == 3 ? Size * 0.95 : Size;
            var x = 0.5 + (((at % half) - (half / 2.0)) * size * 0.64);
            var y = at < half ? 0.34 : -0.1;
            outlines.AddRange(FontFile.Default.Outline(glyph).Select(outline => Array.ConvertAll(outline, point => (x + (size * point.X), y + (size * point.Y)))));
        }

        return outlines;
    }
}
