using System.Buffers;
using System.IO.MemoryMappedFiles;

namespace PluginLens.Onnx.Files;

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
        Length = new FileInfo(path).Length;
        if (Length == 0)
        {
            throw new ModelException($"'{path}' is empty; copy or export the model again.");
        }

        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Address of a byte; valid until disposal.</summary>
    /// <param name="offset">From 0.</param>
    public nint At(long offset) => (nint)(_start + offset);

    /// <summary>Bytes as a span.</summary>
    /// <param name="offset">From 0.</param>
    /// <param name="length">At most 2 GB.</param>
    public ReadOnlySpan<byte> Span(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + length, Length);
        return new ReadOnlySpan<byte>(_start + offset, length);
    }

    /// <summary>Float32 elements as memory that views the map.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="count">Elements.</param>
    public ReadOnlyMemory<float> Floats(long offset, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + (4L * count), Length);
        return new View(this, offset, count).Memory;
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

    /// <summary>Lets a stretch of the map be a <see cref="Memory{T}"/>; keeps the map reachable as long as it is.</summary>
    private sealed class View(MappedFile file, long offset, int count) : MemoryManager<float>
    {
        public override Span<float> GetSpan() => file._disposed == 0
            ? new Span<float>(file._start + offset, count)
            : throw new ObjectDisposedException(nameof(Model), "A weight was read after its model was disposed.");

        public override MemoryHandle Pin(int elementIndex = 0) => new(file._start + offset + (4L * elementIndex));

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
