using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PluginLens.Models.Format.Files;

/// <summary>What tells a file from what it was before, without reading it.</summary>
/// <param name="Text">Size and times, on Linux also device, inode and the time of the last change of any kind, which no program can set.</param>
/// <param name="Changed">The last change.</param>
internal sealed partial record FileStamp(string Text, DateTimeOffset Changed)
{
    private const int SizeOfStatx = 256;
    private const int WorkingDirectory = -100;
    private const uint BasicFields = 0x7ff;

    /// <summary>The stamp of a file.</summary>
    /// <param name="path">A file that exists.</param>
    public static FileStamp Of(string path)
    {
        try
        {
            Span<byte> found = stackalloc byte[SizeOfStatx];
            if (OperatingSystem.IsLinux() && BitConverter.IsLittleEndian && Statx(WorkingDirectory, path, 0, BasicFields, found) == 0)
            {
                return OfStatx(found);
            }
        }
        catch (EntryPointNotFoundException)
        {
            // An older C library: times and size are what there is.
        }

        FileSystemInfo name = new FileInfo(path);
        var file = (FileInfo)(name.ResolveLinkTarget(returnFinalTarget: true) ?? name);
        return new FileStamp($"{file.Length} {file.LastWriteTimeUtc.Ticks} {file.CreationTimeUtc.Ticks}", file.LastWriteTimeUtc);
    }

    /// <summary>Offsets of the kernel's struct statx, which is the same on every processor.</summary>
    private static FileStamp OfStatx(ReadOnlySpan<byte> found)
    {
        var (inode, size) = (BinaryPrimitives.ReadUInt64LittleEndian(found[32..]), BinaryPrimitives.ReadUInt64LittleEndian(found[40..]));
        var (changed, changedNs) = (BinaryPrimitives.ReadInt64LittleEndian(found[96..]), BinaryPrimitives.ReadUInt32LittleEndian(found[104..]));
        var (written, writtenNs) = (BinaryPrimitives.ReadInt64LittleEndian(found[112..]), BinaryPrimitives.ReadUInt32LittleEndian(found[120..]));
        var device = BinaryPrimitives.ReadUInt64LittleEndian(found[136..]);
        return new FileStamp($"{size} {written}.{writtenNs:d9} {changed}.{changedNs:d9} {inode} {device:x}", DateTimeOffset.FromUnixTimeSeconds(changed));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint fields, Span<byte> found);
}
