using System.Buffers;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using PluginLens.Files;

namespace PluginLens.Models.Format.Files;

/// <summary>
/// A file mapped once for reading. Its pages serve weights as spans and ONNX Runtime alike; nothing is copied. Once memory of it went out to whoever asked for a
/// weight it stays mapped to the end of the process: a span knows no owner, and to read one after its model was disposed must not be a crash. That costs addresses, not memory.
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly DateTime _written;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly FileLease? _lease;
    private readonly byte* _start;
    private int _disposed;
    private string? _changed;
    private volatile bool _wentOut;

    /// <summary>Maps the whole file.</summary>
    /// <param name="path">A file that exists.</param>
    /// <param name="keeps">Whether its content is kept where somebody is about to change the file; false leaves the map as the file is.</param>
    public MappedFile(string path, bool keeps = true)
    {
        Path = path;
        _handle = RegularFile.Handle(path, SizeLimit.None);
        try
        {
            (Length, _written) = (RandomAccess.GetLength(_handle), File.GetLastWriteTimeUtc(_handle));
            RefuseEmptyOrPointer();
            _file = MemoryMappedFile.CreateFromFile(_handle, mapName: null, capacity: 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
            _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
            _lease = keeps ? FileLease.Take(_handle, (nint)_start, Length) : null;
        }
        catch
        {
            _file?.Dispose();
            _handle.Dispose();
            throw;
        }
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte, or an error instead of a crash where the map is gone.</summary>
    private byte* Alive => _disposed == 0 ? _start : throw new ObjectDisposedException(nameof(Model), "A weight was read after its model was disposed.");

    /// <summary>What befell the content since it was mapped, as its size and the time of its last change tell; null where nothing did. What replaced the file by another left the content alone, and so did what waited until it was kept.</summary>
    public string? Changed => _disposed != 0 ? _changed : _lease is not { IsKept: true } && (RandomAccess.GetLength(_handle) != Length || File.GetLastWriteTimeUtc(_handle) != _written)
        ? $"'{Path}' was changed while it was read: what was computed meanwhile may come from other weights than those recorded. Copy or export the model again, leave it alone while a run reads it, and run again."
        : null;

    /// <summary>Throws where the file has become shorter: to read behind its end kills the process. Between this and what it is asked for the file may still be cut.</summary>
    public void RequireWhole()
    {
        var length = RandomAccess.GetLength(_handle);
        if (length < Length && _lease is not { IsKept: true })
        {
            throw new ModelException($"'{Path}' had {Length} bytes when it was opened and has {length} now: it was cut while it was read. Copy or export the model again, and leave it alone while a run reads it.");
        }
    }

    /// <summary>Address of a byte; valid until disposal.</summary>
    /// <param name="offset">From 0.</param>
    public nint At(long offset) => (nint)(Alive + offset);

    /// <summary>Bytes as a span.</summary>
    /// <param name="offset">From 0.</param>
    /// <param name="length">At most 2 GB.</param>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(Alive + offset, length);
    }

    /// <summary>Float32 elements as memory that views the map.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Elements.</param>
    public ReadOnlyMemory<float> Floats(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - (4L * count));
        _wentOut = true;
        return new View(this, offset, count).Memory;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Asked for the last time: what was computed before stays what it was.
        var changed = _disposed == 0 ? Changed : null;
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _changed = changed;
            _lease?.Dispose();

            // The pointer that is not given back keeps the view from finalisation too.
            if (!_wentOut)
            {
                _view.SafeMemoryMappedViewHandle.ReleasePointer();
                _view.Dispose();
            }

            _file.Dispose();
            _handle.Dispose();
        }
    }

    private void RefuseEmptyOrPointer()
    {
        if (Length == 0)
        {
            throw new ModelException($"'{Path}' is empty; copy or export the model again.");
        }

        Span<byte> head = stackalloc byte[24];
        var read = RandomAccess.Read(_handle, head, 0);
        if (head[..read].StartsWith("version https://git-lfs"u8))
        {
            throw new ModelException($"'{Path}' is a Git LFS pointer, not the file itself, which was not downloaded; run 'git lfs pull'.");
        }
    }

    /// <summary>Lets a stretch of the map be a <see cref="Memory{T}"/>; keeps the map reachable as long as it is.</summary>
    private sealed class View(MappedFile file, long offset, int count) : MemoryManager<float>
    {
        public override Span<float> GetSpan() => new(file.Alive + offset, count);

        public override MemoryHandle Pin(int elementIndex = 0) => new(file.Alive + offset + (4L * elementIndex));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
