using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PluginLens.Files;

/// <summary>What a name stands for, links followed, asked before it is opened: to open a named pipe waits for who writes into it.</summary>
internal static partial class FileType
{
    private const int WorkingFolder = -100; // AT_FDCWD
    private const uint TypeField = 1; // STATX_TYPE
    private const int LargestStat = 512;
    private const int OnDisk = 1; // FILE_TYPE_DISK

    /// <summary>What it is instead of a regular file; null where it is one, is not there, or the system tells only what is open.</summary>
    public static string? Other(string path)
    {
        if (Directory.Exists(path))
        {
            return "a folder";
        }

        try
        {
            Span<byte> found = stackalloc byte[LargestStat];
            if (OperatingSystem.IsLinux() && Statx(WorkingFolder, path, 0, TypeField, found) == 0)
            {
                return Named(MemoryMarshal.Read<ushort>(found[28..]));
            }

            if (OperatingSystem.IsMacOS() && (RuntimeInformation.ProcessArchitecture == Architecture.X64 ? StatOfX64(path, found) : Stat(path, found)) == 0)
            {
                return Named(BinaryPrimitives.ReadUInt16LittleEndian(found[4..]));
            }
        }
        catch (EntryPointNotFoundException)
        {
            // A C library from before the call; opening it tells.
        }

        return null;
    }

    /// <summary>The same of what is open.</summary>
    public static string? Other(SafeFileHandle file) => !OperatingSystem.IsWindows() || GetFileType(file) == OnDisk ? null : "a device or pipe";

    private static string? Named(int mode) => (mode & 0xf000) switch
    {
        0x8000 => null,
        0x1000 => "a named pipe",
        0x2000 or 0x6000 => "a device",
        0xc000 => "a socket",
        0x4000 => "a folder",
        _ => "no regular file",
    };

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int folder, string path, int flags, uint fields, Span<byte> found);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Stat(string path, Span<byte> found);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatOfX64(string path, Span<byte> found);

    [LibraryImport("kernel32")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetFileType(SafeFileHandle file);
}
