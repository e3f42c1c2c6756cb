using System.Buffers.Binary;
using System.IO.Compression;

namespace PluginLens.Pictures.Tests;

/// <summary>A PNG of 8-bit colours without filters, read back.</summary>
internal sealed class PngFile
{
    private readonly byte[] _lines;

    public PngFile(byte[] file)
    {
        Assert.That(file[..8], Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }));
        using var packed = new MemoryStream();
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var kind = System.Text.Encoding.ASCII.GetString(file, at + 4, 4);
            Assert.That(BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length)), Is.EqualTo(Check(file.AsSpan(at + 4, length + 4))), kind);
            if (kind == "IHDR")
            {
                (Width, Height) = (BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 8)), BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at + 12)));
            }
            else if (kind == "IDAT")
            {
                packed.Write(file, at + 8, length);
            }

            at += 12 + length;
        }

        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        using var lines = new MemoryStream();
        zlib.CopyTo(lines);
        _lines = lines.ToArray();
        Assert.That(_lines, Has.Length.EqualTo(Height * (1 + (3 * Width))));
    }

    public int Width { get; }

    public int Height { get; }

    public Rgb this[int x, int y]
    {
        get
        {
            var at = (y * (1 + (3 * Width))) + 1 + (3 * x);
            return new Rgb(_lines[at], _lines[at + 1], _lines[at + 2]);
        }
    }

    /// <summary>Bit by bit, as the format defines it.</summary>
    private static uint Check(ReadOnlySpan<byte> content)
    {
        var remainder = uint.MaxValue;
        foreach (var value in content)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var odd = ((remainder ^ (uint)(value >> bit)) & 1) != 0;
                remainder = (remainder >> 1) ^ (odd ? 0xEDB88320 : 0);
            }
        }

        return ~remainder;
    }
}
