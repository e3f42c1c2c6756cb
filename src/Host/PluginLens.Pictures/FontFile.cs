using System.Buffers.Binary;

namespace PluginLens.Pictures;

/// <summary>
/// The font that pictures are measured and painted with, DejaVu Sans, so that they look the same on a machine without fonts. Reads what it takes of a TrueType file:
/// which glyph a character has, how wide it is, and its outline.
/// </summary>
internal sealed class FontFile
{
    private const int Steps = 6;
    private static readonly Lazy<FontFile> Embedded = new(Load);
    private readonly byte[] _file;
    private readonly Dictionary<string, int> _tables = [];
    private readonly Dictionary<int, int> _glyphs = [];
    private readonly Dictionary<int, IReadOnlyList<(double X, double Y)[]>> _outlines = [];
    private readonly double _em;
    private readonly bool _longOffsets;
    private readonly int _widths;

    private FontFile(byte[] file)
    {
        _file = file;
        for (var table = 0; table < UInt16(4); table++)
        {
            var at = 12 + (16 * table);
            _tables[System.Text.Encoding.ASCII.GetString(file, at, 4)] = Int32(at + 8);
        }

        _em = UInt16(_tables["head"] + 18);
        _longOffsets = UInt16(_tables["head"] + 50) == 1;
        _widths = UInt16(_tables["hhea"] + 34);
        ReadCharacters();
    }

    /// <summary>The one that is built in.</summary>
    public static FontFile Default => Embedded.Value;

    /// <summary>Glyph of a character; 0 = the font has none.</summary>
    /// <param name="rune">Code point.</param>
    public int Glyph(int rune) => _glyphs.GetValueOrDefault(rune);

    /// <summary>How far the next letter is, in units of the size.</summary>
    /// <param name="glyph">Glyph.</param>
    public double Advance(int glyph) => UInt16(_tables["hmtx"] + (4 * Math.Min(glyph, _widths - 1))) / _em;

    /// <summary>Closed outlines of a glyph in units of the size, curves as short lines; y grows upwards from the base line.</summary>
    /// <param name="glyph">Glyph.</param>
    public IReadOnlyList<(double X, double Y)[]> Outline(int glyph)
    {
        lock (_outlines)
        {
            return _outlines.TryGetValue(glyph, out var known) ? known : _outlines[glyph] = [.. Read(glyph).Select(contour => Array.ConvertAll(contour, point => (point.X / _em, point.Y / _em)))];
        }
    }

    private static FontFile Load()
    {
        using var stream = typeof(FontFile).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return new FontFile(file);
    }

    private int UInt16(int at) => BinaryPrimitives.ReadUInt16BigEndian(_file.AsSpan(at));

    private int Int16(int at) => BinaryPrimitives.ReadInt16BigEndian(_file.AsSpan(at));

    private int Int32(int at) => BinaryPrimitives.ReadInt32BigEndian(_file.AsSpan(at));

    /// <summary>The table of format 12: ranges of characters with their first glyphs.</summary>
    private void ReadCharacters()
    {
        var map = _tables["cmap"];
        var table = Enumerable.Range(0, UInt16(map + 2)).Select(index => map + Int32(map + 8 + (8 * index))).First(at => UInt16(at) == 12);
        for (var group = 0; group < Int32(table + 12); group++)
        {
            var at = table + 16 + (12 * group);
            var (first, last, glyph) = (Int32(at), Int32(at + 4), Int32(at + 8));
            for (var rune = first; rune <= last; rune++)
            {
                _glyphs[rune] = glyph + rune - first;
            }
        }
    }

    private List<(double X, double Y)[]> Read(int glyph)
    {
        int Offset(int index) => _longOffsets ? Int32(_tables["loca"] + (4 * index)) : 2 * UInt16(_tables["loca"] + (2 * index));
        var at = _tables["glyf"] + Offset(glyph);
        if (Offset(glyph + 1) == Offset(glyph))
        {
            return [];
        }

        return Int16(at) >= 0 ? Simple(at) : Composite(at + 10);
    }

    private List<(double X, double Y)[]> Simple(int at)
    {
        var contours = Int16(at);
        int[] ends = [.. Enumerable.Range(0, contours).Select(contour => UInt16(at + 10 + (2 * contour)))];
        var points = contours == 0 ? 0 : ends[^1] + 1;
        at += 10 + (2 * contours);
        at += 2 + UInt16(at);
        var flags = new byte[points];
        for (var point = 0; point < points;)
        {
            var flag = _file[at++];
            var times = (flag & 8) != 0 ? _file[at++] + 1 : 1;
            Array.Fill(flags, flag, point, times);
            point += times;
        }

        var (x, y) = (Coordinates(2, 16), Coordinates(4, 32));
        var read = new List<(double X, double Y)[]>();
        for (var (contour, first) = (0, 0); contour < contours; first = ends[contour++] + 1)
        {
            read.Add(Flat([.. Enumerable.Range(first, ends[contour] - first + 1).Select(point => (x[point], y[point], (flags[point] & 1) != 0))]));
        }

        return read;

        double[] Coordinates(int isShort, int isSame)
        {
            var values = new double[points];
            for (var (point, value) = (0, 0); point < points; point++)
            {
                if ((flags[point] & isShort) != 0)
                {
                    value += (flags[point] & isSame) != 0 ? _file[at++] : -_file[at++];
                }
                else if ((flags[point] & isSame) == 0)
                {
                    value += Int16(at);
                    at += 2;
                }

                values[point] = value;
            }

            return values;
        }
    }

    /// <summary>A letter with its accents: glyphs moved and scaled.</summary>
    private List<(double X, double Y)[]> Composite(int at)
    {
        var read = new List<(double X, double Y)[]>();
        for (var more = true; more;)
        {
            var (flags, glyph) = (UInt16(at), UInt16(at + 2));
            at += 4;
            var (dx, dy) = (flags & 1) != 0 ? (Int16(at), Int16(at + 2)) : ((sbyte)_file[at], (sbyte)_file[at + 1]);
            at += (flags & 1) != 0 ? 4 : 2;
            var (xx, xy, yx, yy) = (1.0, 0.0, 0.0, 1.0);
            double Scale() => Int16((at += 2) - 2) / 16384.0;
            if ((flags & 8) != 0)
            {
                xx = yy = Scale();
            }
            else if ((flags & 0x40) != 0)
            {
                (xx, yy) = (Scale(), Scale());
            }
            else if ((flags & 0x80) != 0)
            {
                (xx, xy, yx, yy) = (Scale(), Scale(), Scale(), Scale());
            }

            read.AddRange(Read(glyph).Select(contour => Array.ConvertAll(contour, point => ((point.X * xx) + (point.Y * yx) + dx, (point.X * xy) + (point.Y * yy) + dy))));
            more = (flags & 0x20) != 0;
        }

        return read;
    }

    /// <summary>Points on the curve and control points between them as a line through many points.</summary>
    private static (double X, double Y)[] Flat((double X, double Y, bool On)[] points)
    {
        var line = new List<(double X, double Y)>();
        for (var at = 0; at < points.Length; at++)
        {
            var (before, here, after) = (points[(at + points.Length - 1) % points.Length], points[at], points[(at + 1) % points.Length]);
            if (here.On)
            {
                line.Add((here.X, here.Y));
                continue;
            }

            var from = before.On ? (before.X, before.Y) : ((before.X + here.X) / 2, (before.Y + here.Y) / 2);
            var to = after.On ? (after.X, after.Y) : ((here.X + after.X) / 2, (here.Y + after.Y) / 2);
            for (var step = 1; step <= Steps; step++)
            {
                var (t, s) = ((double)step / Steps, 1 - ((double)step / Steps));
                line.Add(((s * s * from.Item1) + (2 * s * t * here.X) + (t * t * to.Item1), (s * s * from.Item2) + (2 * s * t * here.Y) + (t * t * to.Item2)));
            }
        }

        return [.. line];
    }
}
