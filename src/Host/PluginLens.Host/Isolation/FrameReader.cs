using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace PluginLens.Host;

/// <summary>Reads what a <see cref="FrameWriter"/> sent. A message that broke off with its process is none.</summary>
/// <param name="input">The pipe.</param>
internal sealed class FrameReader(Stream input)
{
    private const int MostBytes = 1 << 30;
    private byte[] _bytes = new byte[1 << 12];
    private int _length;
    private int _at;

    /// <summary>What the message is.</summary>
    public Frame Kind { get; private set; }

    /// <summary>Waits for a message; false where no more will come.</summary>
    public bool Next()
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        if (input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
        {
            return false;
        }

        _length = BinaryPrimitives.ReadInt32LittleEndian(head);
        if (_length is < 1 or > MostBytes)
        {
            throw new InvalidDataException($"a message of {_length} bytes; expected 1 to {MostBytes}");
        }

        if (_bytes.Length < _length || (_bytes.Length > 1 << 20 && _length < 1 << 12))
        {
            _bytes = new byte[Math.Max(_length, 1 << 12)];
        }

        if (input.ReadAtLeast(_bytes.AsSpan(0, _length), _length, throwOnEndOfStream: false) < _length)
        {
            return false;
        }

        (Kind, _at) = ((Frame)_bytes[0], 1);
        return true;
    }

    /// <summary>A number.</summary>
    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    /// <summary>A number.</summary>
    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A number.</summary>
    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    /// <summary>A flag.</summary>
    public bool Flag() => Take(1)[0] != 0;

    /// <summary>A text, or null.</summary>
    public string? Text()
    {
        var length = Int();
        return length < 0 ? null : new string(MemoryMarshal.Cast<byte, char>(Take(checked(length * sizeof(char)))));
    }

    /// <summary>A value with its type.</summary>
    public object? Value() => (Cell)Take(1)[0] switch
    {
        Cell.Null => null,
        Cell.False => false,
        Cell.True => true,
        Cell.Int => Int(),
        Cell.Long => Long(),
        Cell.Float => BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float))),
        Cell.Double => Double(),
        Cell.Text => Text(),
        Cell.List => List(Value),
        Cell.Node => new FigureNode(Fields()),
        var other => throw new InvalidDataException($"a value of type {other}"),
    };

    /// <summary>Values in order.</summary>
    public T[] List<T>(Func<T> read)
    {
        var count = Int();
        if (count < 0 || count > _length - _at)
        {
            throw new InvalidDataException($"a list of {count} values in {_length - _at} bytes");
        }

        var list = new T[count];
        for (var at = 0; at < count; at++)
        {
            list[at] = read();
        }

        return list;
    }

    /// <summary>Names and values.</summary>
    public IReadOnlyList<KeyValuePair<string, object?>> Fields() => List(() => new KeyValuePair<string, object?>(Text()!, Value()));

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _length - _at)
        {
            throw new InvalidDataException($"a message of {_length} bytes ends within a value");
        }

        _at += count;
        return _bytes.AsSpan(_at - count, count);
    }
}
