namespace PluginLens.Pictures;

/// <summary>Pixels that polygons are painted on, smooth at their edges.</summary>
/// <param name="width">Pixels of a row.</param>
/// <param name="height">Rows.</param>
internal sealed class Canvas(int width, int height)
{
    private readonly Rgb[] _pixels = Blank(width * height);

    /// <summary>Row by row.</summary>
    public ReadOnlySpan<Rgb> Pixels => _pixels;

    /// <summary>Pixels of a row.</summary>
    public int Width => width;

    /// <summary>Rows.</summary>
    public int Height => height;

    /// <summary>Sets a pixel; one beyond the edges is nowhere.</summary>
    /// <param name="x">Column.</param>
    /// <param name="y">Row.</param>
    /// <param name="color">Colour.</param>
    public void Set(int x, int y, Rgb color)
    {
        if ((uint)x < (uint)width && (uint)y < (uint)height)
        {
            _pixels[(y * width) + x] = color;
        }
    }

    /// <summary>
    /// Fills what closed outlines surround. Each edge adds to the pixels that it crosses how much more of them, and of all to their right, is inside: their running sum
    /// over a row is the share of a pixel that is covered.
    /// </summary>
    /// <param name="outlines">Points in pixels; holes run the other way round.</param>
    /// <param name="color">Colour.</param>
    public void Fill(IReadOnlyList<(double X, double Y)[]> outlines, Rgb color)
    {
        var (left, top, right, bottom) = (width, height, 0, 0);
        foreach (var (x, y) in outlines.SelectMany(outline => outline))
        {
            (left, right) = (Math.Min(left, (int)Math.Floor(Math.Clamp(x, 0, width))), Math.Max(right, (int)Math.Ceiling(Math.Clamp(x, 0, width))));
            (top, bottom) = (Math.Min(top, (int)Math.Floor(Math.Clamp(y, 0, height))), Math.Max(bottom, (int)Math.Ceiling(Math.Clamp(y, 0, height))));
        }

        var (across, down) = (right - left, bottom - top);
        if (across <= 0 || down <= 0)
        {
            return;
        }

        var more = new double[(across + 2) * down];
        foreach (var outline in outlines)
        {
            for (var at = 0; at < outline.Length; at++)
            {
                var (from, to) = (outline[at], outline[(at + 1) % outline.Length]);
                Edge(more, across, down, (Math.Clamp(from.X - left, 0, across), from.Y - top), (Math.Clamp(to.X - left, 0, across), to.Y - top));
            }
        }

        for (var row = 0; row < down; row++)
        {
            var inside = 0.0;
            for (var column = 0; column < across; column++)
            {
                inside += more[(row * (across + 2)) + column];
                var share = Math.Min(1, Math.Abs(inside));
                if (share > 1e-3)
                {
                    ref var pixel = ref _pixels[((row + top) * width) + column + left];
                    pixel = pixel.Mix(color, share);
                }
            }
        }
    }

    private static void Edge(double[] more, int across, int down, (double X, double Y) from, (double X, double Y) to)
    {
        if (from.Y == to.Y)
        {
            return;
        }

        var direction = from.Y < to.Y ? 1 : -1;
        var (upper, lower) = direction > 0 ? (from, to) : (to, from);
        var slope = (lower.X - upper.X) / (lower.Y - upper.Y);
        for (var row = Math.Max(0, (int)Math.Floor(upper.Y)); row < Math.Min(down, Math.Ceiling(lower.Y)); row++)
        {
            var (begin, end) = (Math.Max(row, upper.Y), Math.Min(row + 1, lower.Y));
            var (x, next) = (upper.X + ((begin - upper.Y) * slope), upper.X + ((end - upper.Y) * slope));
            var (low, high, height) = (Math.Min(x, next), Math.Max(x, next), (end - begin) * direction);
            var (first, last, line) = ((int)Math.Floor(low), (int)Math.Ceiling(high), row * (across + 2));
            var covered = 0.0;
            for (var column = first; column < Math.Max(last, first + 1); column++)
            {
                // How much of this edge's height, weighted by how far right of the edge the pixel is, has been passed at the pixel's right side.
                var until = Passed(column + 1, low, high) * height;
                more[line + column] += until - covered;
                covered = until;
            }

            more[line + Math.Max(last, first + 1)] += height - covered;
        }
    }

    /// <summary>Mean, over the edge, of how far a point lies right of it, within the pixel that ends there.</summary>
    private static double Passed(double right, double low, double high)
    {
        // The area right of the edge in the pixel [right - 1, right]: an integral of clamp(right - x, 0, 1) over x from low to high.
        if (high - low < 1e-9)
        {
            return Math.Clamp(right - low, 0, 1);
        }

        return (Integral(right - low) - Integral(right - high)) / (high - low);

        static double Integral(double distance) => distance <= 0 ? 0 : distance <= 1 ? distance * distance / 2 : distance - 0.5;
    }

    private static Rgb[] Blank(int count)
    {
        var pixels = new Rgb[count];
        Array.Fill(pixels, Rgb.White);
        return pixels;
    }
}
