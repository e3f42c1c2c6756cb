namespace PluginLens.Pictures;

/// <summary>Figures as PNG, painted without any library of the system: the same shapes as in <see cref="FigureSvg"/>, with the font that is built in.</summary>
public static class FigurePng
{
    /// <summary>Pixels for one of the drawing: 288 dots an inch, so that print stays sharp.</summary>
    private const int Scale = 3;

    /// <summary>Draws a figure.</summary>
    /// <param name="figure">The figure.</param>
    /// <param name="output">Receives the file.</param>
    public static void Write(Figure figure, Stream output)
    {
        var canvas = Paint(FigureDrawing.Of(figure));
        output.Write(Png.Encode(canvas.Width, canvas.Height, canvas.Pixels, 96 * Scale));
    }

    /// <summary>Paints shapes.</summary>
    /// <param name="drawing">The shapes.</param>
    internal static Canvas Paint(Drawing drawing)
    {
        var canvas = new Canvas((int)(drawing.Width * Scale), (int)(drawing.Height * Scale));
        foreach (var shape in drawing.Shapes)
        {
            switch (shape)
            {
                case Box box:
                    Fill(canvas, box);
                    break;
                case Dot dot:
                    canvas.Fill([[.. Enumerable.Range(0, 24).Select(step => Math.Tau * step / 24).Select(angle => ((dot.X + (dot.Radius * Math.Cos(angle))) * Scale, (dot.Y + (dot.Radius * Math.Sin(angle))) * Scale))]], dot.Fill);
                    break;
                case Stroke stroke:
                    Draw(canvas, stroke);
                    break;
                case Writing text:
                    Write(canvas, text);
                    break;
                case Cells cells:
                    Fill(canvas, cells);
                    break;
                default:
                    throw new NotSupportedException($"Shape {shape.GetType().Name}.");
            }
        }

        return canvas;
    }

    private static void Fill(Canvas canvas, Box box)
    {
        var (right, bottom) = (Pixel(box.X + box.Width), Pixel(box.Y + box.Height));
        for (var y = Pixel(box.Y); y < bottom; y++)
        {
            for (var x = Pixel(box.X); x < right; x++)
            {
                canvas.Set(x, y, box.Fill);
            }
        }
    }

    /// <summary>Pixels that hold several cells show their mean.</summary>
    private static void Fill(Canvas canvas, Cells cells)
    {
        var (left, top, right, bottom) = (Pixel(cells.X), Pixel(cells.Y), Pixel(cells.X + cells.Width), Pixel(cells.Y + cells.Height));
        for (var y = top; y < bottom; y++)
        {
            var (firstRow, lastRow) = Range(y - top, bottom - top, cells.Rows);
            for (var x = left; x < right; x++)
            {
                var (firstColumn, lastColumn) = Range(x - left, right - left, cells.Columns);
                var (red, green, blue, count) = (0, 0, 0, (lastRow - firstRow) * (lastColumn - firstColumn));
                for (var row = firstRow; row < lastRow; row++)
                {
                    for (var column = firstColumn; column < lastColumn; column++)
                    {
                        var color = cells.Colors[(row * cells.Columns) + column];
                        (red, green, blue) = (red + color.R, green + color.G, blue + color.B);
                    }
                }

                canvas.Set(x, y, new Rgb((byte)(red / count), (byte)(green / count), (byte)(blue / count)));
            }
        }

        static (int First, int Last) Range(int pixel, int pixels, int cells)
        {
            var first = (int)((long)pixel * cells / pixels);
            return (first, Math.Max(first + 1, (int)((long)(pixel + 1) * cells / pixels)));
        }
    }

    /// <summary>Each part of a line as a rectangle along it, with a disc where it turns.</summary>
    private static void Draw(Canvas canvas, Stroke stroke)
    {
        var half = stroke.Thickness / 2;
        for (var at = 1; at < stroke.Points.Count; at++)
        {
            var ((fromX, fromY), (toX, toY)) = (stroke.Points[at - 1], stroke.Points[at]);
            var length = Math.Sqrt(((toX - fromX) * (toX - fromX)) + ((toY - fromY) * (toY - fromY)));
            if (length == 0)
            {
                continue;
            }

            var (dx, dy) = (half * (toX - fromX) / length, half * (toY - fromY) / length);
            (double X, double Y)[] corners = [(fromX - dy, fromY + dx), (fromX + dy, fromY - dx), (toX + dy, toY - dx), (toX - dy, toY + dx)];
            canvas.Fill([Array.ConvertAll(corners, corner => (corner.X * Scale, corner.Y * Scale))], stroke.Color);
        }
    }

    private static void Write(Canvas canvas, Writing text)
    {
        if (text.Halo)
        {
            for (var step = 0; step < 8; step++)
            {
                Letters(canvas, text with { X = text.X + (1.4 * Math.Cos(Math.Tau * step / 8)), Y = text.Y + (1.4 * Math.Sin(Math.Tau * step / 8)), Color = Rgb.White });
            }
        }

        Letters(canvas, text);
    }

    private static void Letters(Canvas canvas, Writing text)
    {
        var width = Label.Width(text.Words, text.Size);
        var pen = text.Anchor switch { Anchor.Middle => -width / 2, Anchor.End => -width, _ => 0 };
        foreach (var rune in ReadingOrder.Of(text.Words))
        {
            var glyph = FontFile.Default.Glyph(rune.Value);
            var outlines = glyph == 0 ? MissingGlyph.Of(rune.Value) : FontFile.Default.Outline(glyph);
            canvas.Fill([.. outlines.Select(outline => Array.ConvertAll(outline, Place))], text.Color);
            pen += text.Size * Label.Advance(rune);

            (double X, double Y) Place((double X, double Y) point)
            {
                var (along, up) = (pen + (text.Size * point.X), text.Size * point.Y);
                return text.Turned ? ((text.X - up) * Scale, (text.Y - along) * Scale) : ((text.X + along) * Scale, (text.Y - up) * Scale);
            }
        }
    }

    private static int Pixel(double value) => (int)Math.Round(value * Scale);
}
