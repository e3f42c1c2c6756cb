using System.Buffers.Binary;
using System.Text;
using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf;

/// <summary>Reads a GGUF file from front to back. Nothing is taken that is not there, and nothing is allocated for a length before the file is known to hold it.</summary>
/// <param name="map">The file.</param>
/// <param name="position">Where to begin.</param>
internal sealed class GgufCursor(MappedFile map, long position = 0)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public MappedFile Map => map;

    public string File { get; } = Path.GetFileName(map.Path);

    /// <summary>The next byte.</summary>
    public long Position { get; private set; } = position;

    public long Left => map.Length - Position;

    /// <summary>The next bytes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message where the file ends.</param>
    public ReadOnlySpan<byte> Take(int count, string what)
    {
        var at = Position;
        Skip((ulong)count, what);
        return map.Span(at, count);
    }

    /// <summary>Passes bytes over.</summary>
    public void Skip(ulong count, string what)
    {
        if (count > (ulong)Left)
        {
            throw new ModelException($"'{File}' ends in {what}: {count} bytes from byte {Position} on, {Left} are left; it is cut or damaged, download it again.");
        }

        Position += (long)count;
    }

    public uint UInt32(string what) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, what));

    public ulong UInt64(string what) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, what));

    /// <summary>A count that stands for at least so many bytes each, all of which must still come.</summary>
    public long Count(ulong count, long bytesEach, string what) => count <= (ulong)(Left / bytesEach)
        ? (long)count
        : throw new ModelException($"'{File}' says {(long)count} {what}, but only {Left} bytes are left; it is damaged, download it again.");

    /// <summary>The bytes of a string, which may be passed over.</summary>
    public ReadOnlySpan<byte> Bytes(string what)
    {
        var length = UInt64($"the length of {what}");
        if (length > int.MaxValue)
        {
            Skip(length, what);
            throw new ModelException($"'{File}': {what} has {length} bytes; it is damaged.");
        }

        return Take((int)length, what);
    }

    /// <summary>A string that names something: UTF-8, not empty, of a limited length.</summary>
    public string Name(int most, string what)
    {
        var bytes = Bytes(what);
        if (bytes.IsEmpty || bytes.Length > most)
        {
            throw new ModelException($"'{File}': {what} has {bytes.Length} bytes; expected 1 to {most}. The file is damaged.");
        }

        return Text(bytes) ?? throw new ModelException($"'{File}': {what} is not UTF-8 ({Shown.Name(Encoding.UTF8.GetString(bytes))}); the file is damaged.");
    }

    /// <summary>UTF-8 as text, or null where it is none.</summary>
    public static string? Text(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
