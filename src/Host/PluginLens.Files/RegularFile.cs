using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PluginLens.Files;

/// <summary>
/// Opens files to read: regular ones only, of a limited size. A named pipe, a device, a socket or a folder in a file's place is an error at once, where the usual calls wait for ever or read without end.
/// </summary>
public static class RegularFile
{
    private const int Piece = 1 << 16;

    /// <summary>Opens a file.</summary>
    /// <param name="path">Its path; links are followed.</param>
    /// <param name="limit">Bytes that it may have; one of <see cref="SizeLimit"/>.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <exception cref="IOException">It is missing, no regular file, or too large.</exception>
    public static SafeFileHandle Handle(string path, long limit, FileShare share = FileShare.Read)
    {
        Refuse(path, FileType.Other(path));
        var file = File.OpenHandle(path, share: share);
        try
        {
            Refuse(path, FileType.Other(file));
            var length = RandomAccess.GetLength(file);
            return length <= limit ? file : throw TooLarge(path, limit, Size(length));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file as a stream.</summary>
    /// <inheritdoc cref="Handle"/>
    public static FileStream Open(string path, long limit, FileShare share = FileShare.Read) => new(Handle(path, limit, share), FileAccess.Read);

    /// <summary>Everything that a file holds.</summary>
    /// <inheritdoc cref="Handle"/>
    public static byte[] Bytes(string path, long limit)
    {
        using var file = Open(path, limit);

        // What the length says holds for most files; some of the system's say 0, and any may grow meanwhile.
        using var all = new MemoryStream((int)Math.Min(file.Length, Array.MaxLength));
        var piece = new byte[Piece];
        for (int read; (read = file.Read(piece)) > 0;)
        {
            all.Write(piece, 0, all.Length + read <= limit ? read : throw TooLarge(path, limit, "more"));
        }

        return all.Length == all.Capacity ? all.GetBuffer() : all.ToArray();
    }

    /// <summary>The text of a file, in UTF-8 unless it begins with another mark.</summary>
    /// <inheritdoc cref="Handle"/>
    public static string Text(string path, long limit)
    {
        using var reader = new StreamReader(new MemoryStream(Bytes(path, limit)), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The length of a file; of what a link leads to, where it is one.</summary>
    /// <inheritdoc cref="Handle"/>
    public static long Length(string path)
    {
        using var file = Handle(path, SizeLimit.None, FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.GetLength(file);
    }

    private static void Refuse(string path, string? other)
    {
        if (other is not null)
        {
            throw new IOException($"'{path}' is {other}; expected a regular file.");
        }
    }

    private static IOException TooLarge(string path, long limit, string found) => new($"'{path}' is too large: expected at most {Size(limit)}, found {found}.");

    private static string Size(long bytes) => bytes < 1 << 20 ? $"{bytes >> 10} KB" : $"{bytes >> 20} MB";
}
