using System.Buffers.Binary;
using System.IO.Compression;

namespace PluginLens.Pictures;

/// <summary>Pixels as a PNG file.</summary>
internal static class Png
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value =>
    {
        var remainder = (uint)value;
        for (var bit = 0; bit < 8; bit++)
        {
            remainder = (remainder & 1) != 0 ? 0xEDB88320 ^ (remainder >> 1) : remainder >> 1;
        }

        return remainder;
    })];

    /// <summary>Encodes 8-bit colours.</summary>
    /// <param name="width">Pixels of a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="pixels">Row by row.</param>
    /// <param name="dotsPerInch">How large it prints; null = not said.</param>
    public static byte[] Encode(int width, int height, ReadOnlySpan<Rgb> pixels, int? dotsPerInch = null)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        Chunk(file, "IHDR"u8, header);
        if (dotsPerInch is { } density)
        {
            var size = new byte[9];
            BinaryPrimitives.WriteInt32BigEndian(size, (int)Math.Round(density / 0.0254));
            BinaryPrimitives.WriteInt32BigEndian(size.AsSpan(4), (int)Math.Round(density / 0.0254));
            size[8] = 1;
            Chunk(file, "pHYs"u8, size);
        }

        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            var line = new byte[1 + (3 * width)];
            for (var row = 0; row < height; row++)
            {
                for (var column = 0; column < width; column++)
                {
                    var pixel = pixels[(row * width) + column];
                    (line[1 + (3 * column)], line[2 + (3 * column)], line[3 + (3 * column)]) = (pixel.R, pixel.G, pixel.B);
                }

                zlib.Write(line);
            }
        }

        Chunk(file, "IDAT"u8, packed.GetBuffer().AsSpan(0, (int)packed.Length));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(Stream file, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(kind);
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Remainder(Remainder(uint.MaxValue, kind), content));
        file.Write(number);
    }

    /// <summary>The cyclic redundancy check of PNG.</summary>
    private static uint Remainder(uint remainder, ReadOnlySpan<byte> content)
    {
        foreach (var value in content)
        {
            remainder = Table[(byte)(remainder ^ value)] ^ (remainder >> 8);
        }

        return remainder;
    }
}
