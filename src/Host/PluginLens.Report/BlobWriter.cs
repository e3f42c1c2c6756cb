using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using Newtonsoft.Json;

namespace PluginLens.Report;

/// <summary>Data of a page as base64 of compressed bytes, so that no text in it is ever part of the page.</summary>
internal static class BlobWriter
{
    /// <summary>Text as UTF-8.</summary>
    /// <param name="write">Writes it.</param>
    public static string Text(Action<TextWriter> write) => Compressed(stream =>
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        write(text);
    });

    /// <summary>A value as JSON in ASCII: halves of surrogate pairs stay what they are.</summary>
    /// <param name="value">Dictionaries, lists, texts and numbers.</param>
    public static string Json(object value) => Text(text =>
        JsonSerializer.Create(new JsonSerializerSettings { StringEscapeHandling = StringEscapeHandling.EscapeNonAscii }).Serialize(text, value));

    /// <summary>Arrays one after the other, each of the machine's little-endian numbers.</summary>
    /// <param name="arrays">Arrays of int, float or double.</param>
    public static string Arrays(IEnumerable<Array> arrays) => Compressed(stream =>
    {
        foreach (var array in arrays)
        {
            stream.Write(array switch
            {
                int[] numbers => MemoryMarshal.AsBytes(numbers.AsSpan()),
                float[] numbers => MemoryMarshal.AsBytes(numbers.AsSpan()),
                double[] numbers => MemoryMarshal.AsBytes(numbers.AsSpan()),
                _ => throw new NotSupportedException($"Arrays of {array.GetType()}."),
            });
        }
    });

    /// <summary>How the page reads an array: kind and length.</summary>
    /// <param name="array">An array of int, float or double.</param>
    public static object[] Described(Array array) => [array switch { int[] => "i32", float[] => "f32", _ => "f64" }, array.Length];

    private static string Compressed(Action<Stream> write)
    {
        using var bytes = new MemoryStream();
        using (var compressed = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            write(compressed);
        }

        return Convert.ToBase64String(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}
