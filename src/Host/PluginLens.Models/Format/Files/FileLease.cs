using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PluginLens.Files;

namespace PluginLens.Models.Format.Files;

/// <summary>
/// Keeps what a map shows although the file is about to be cut or overwritten. Linux tells who holds a lease on a file before anybody may open it for writing, and lets the writer wait meanwhile: the
/// content is copied into memory and put in the place of the map, at the same address, in one step. A lease is given to the file's owner, where nobody writes into it already.
/// </summary>
internal sealed unsafe partial class FileLease : IDisposable
{
    private const int SetLease = 1024, GetLease = 1025, ReadLease = 0, NoLease = 2; // F_SETLEASE, F_GETLEASE, F_RDLCK, F_UNLCK
    private const int Readable = 1, Writable = 2, PrivateMemory = 0x22, MoveOnto = 3; // PROT_READ, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, MREMAP_MAYMOVE | MREMAP_FIXED
    private const PosixSignal WriterWaits = (PosixSignal)29; // SIGIO
    private const nint Failed = -1;

    private static readonly List<FileLease> Held = [];
    private static PosixSignalRegistration? _signal;

    private readonly SafeFileHandle _file;
    private readonly nint _map;
    private readonly long _length;
    private bool _disposed;

    private FileLease(SafeFileHandle file, nint map, long length) => (_file, _map, _length) = (file, map, length);

    /// <summary>Whether the map shows a copy: what happens to the file no longer matters.</summary>
    public bool IsKept { get; private set; }

    /// <summary>Whether a lease on a file can be had.</summary>
    /// <param name="path">A regular file.</param>
    public static bool IsGiven(string path)
    {
        using var file = RegularFile.Handle(path, SizeLimit.None);
        using var lease = Take(file, 0, 0);
        return lease is not null;
    }

    /// <summary>Takes a lease; null where the system, the file system or the file's owner gives none.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="map">First byte of the map of all of it.</param>
    /// <param name="length">Bytes of the map.</param>
    public static FileLease? Take(SafeFileHandle file, nint map, long length)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        lock (Held)
        {
            // Before the first lease: the signal ends a process that does not expect it.
            _signal ??= PosixSignalRegistration.Create(WriterWaits, context =>
            {
                context.Cancel = true;
                KeepWhatIsAskedFor();
            });
            if (Control(file, SetLease, ReadLease) != 0)
            {
                return null;
            }

            var lease = new FileLease(file, map, length);
            Held.Add(lease);
            return lease;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Held)
        {
            Held.Remove(this);
        }

        // A copy that is being made ends before the map does.
        lock (_file)
        {
            // Closing the file does not give the lease back where its map stays, and nobody would answer a writer any more.
            if (!_disposed && !IsKept)
            {
                _ = Control(_file, SetLease, NoLease);
            }

            _disposed = true;
        }
    }

    private static void KeepWhatIsAskedFor()
    {
        FileLease[] held;
        lock (Held)
        {
            held = [.. Held];
        }

        foreach (var lease in held)
        {
            lock (lease._file)
            {
                lease.Keep();
            }
        }
    }

    private void Keep()
    {
        if (_disposed || IsKept || Control(_file, GetLease, 0) != NoLease)
        {
            return;
        }

        var copy = Map(0, (nuint)_length, Readable | Writable, PrivateMemory, -1, 0);
        if (copy == Failed)
        {
            return; // No room: the lease stays as long as the system lets the writer wait.
        }

        for (var at = 0L; at < _length;)
        {
            var read = RandomAccess.Read(_file, new Span<byte>((byte*)copy + at, (int)Math.Min(1 << 28, _length - at)), at);
            if (read == 0)
            {
                _ = Unmap(copy, (nuint)_length);
                return;
            }

            at += read;
        }

        if (Protect(copy, (nuint)_length, Readable) != 0 || Remap(copy, (nuint)_length, (nuint)_length, MoveOnto, _map) == Failed)
        {
            _ = Unmap(copy, (nuint)_length);
            return;
        }

        IsKept = true;
        _ = Control(_file, SetLease, NoLease);
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeFileHandle file, int command, int value);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "mremap")]
    private static partial nint Remap(nint oldAddress, nuint oldLength, nuint newLength, int flags, nint newAddress);
}
