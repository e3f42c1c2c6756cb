using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace PluginLens.Models.Format.Files;

/// <summary>A file mapped once for reading. Its pages serve weights as spans and ONNX Runtime alike; nothing is copied.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private int _disposed;

    /// <summary>Maps the whole file.</summary>
    /// <param name="path">A file that exists.</param>
    public MappedFile(string path)
    {
        Path = path;
        Length = LengthOf(path);
        if (Length == 0)
        {
            throw new ModelException($"'{path}' is empty; copy or export the model again.");
        }

        RefuseLfsPointer(path);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>The first byte, or an error instead of a crash where the map is gone.</summary>
    private byte* Alive => _disposed == 0 ? _start : throw new ObjectDisposedException(nameof(Model), "A weight was read after its model was disposed.");

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
        return new View(this, offset, count).Memory;
    }

    /// <summary>The length of a file; of what a link leads to, where it is one.</summary>
    /// <param name="path">A file that exists.</param>
    public static long LengthOf(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }

    private static void RefuseLfsPointer(string path)
    {
        Span<byte> head = stackalloc byte[24];
        using var file = File.OpenHandle(path);
        var read = RandomAccess.Read(file, head, 0);
        if (head[..read].StartsWith("version https://git-lfs"u8))
        {
            throw new ModelException($"'{path}' is a Git LFS pointer, not the file itself, which was not downloaded; run 'git lfs pull'.");
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
