using System.Runtime.InteropServices;

namespace PluginLens.Host;

/// <summary>
/// Messages of an isolated analysis, one write to the pipe each, so that what was added stays whatever befalls the process a moment later: length, kind, content.
/// </summary>
/// <param name="output">The pipe.</param>
internal sealed class FrameWriter(Stream output) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly MemoryStream _buffer = new();

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    /// <summary>Sends a message; from any thread.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="state">What its content is made of.</param>
    /// <param name="content">Writes the content.</param>
    public void Send<T>(Frame kind, T state, Action<BinaryWriter, T> content)
    {
        lock (_lock)
        {
            _buffer.SetLength(0);
            var writer = new BinaryWriter(_buffer);
            writer.Write(0);
            writer.Write((byte)kind);
            content(writer, state);
            writer.Seek(0, SeekOrigin.Begin);
            writer.Write((int)_buffer.Length - sizeof(int));
            output.Write(_buffer.GetBuffer(), 0, (int)_buffer.Length);
            if (_buffer.Capacity > 1 << 20)
            {
                _buffer.SetLength(0);
                _buffer.Capacity = 0;
            }
        }
    }

    /// <summary>Writes a text; its code units as they are.</summary>
    public static void Text(BinaryWriter writer, string? text)
    {
        writer.Write(text?.Length ?? -1);
        writer.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    /// <summary>Writes a value with its type: null, bool, int, long, float, double, string, or a list of these.</summary>
    public static void Value(BinaryWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.Write((byte)Cell.Null);
                break;
            case bool flag:
                writer.Write((byte)(flag ? Cell.True : Cell.False));
                break;
            case int number:
                writer.Write((byte)Cell.Int);
                writer.Write(number);
                break;
            case long number:
                writer.Write((byte)Cell.Long);
                writer.Write(number);
                break;
            case float number:
                writer.Write((byte)Cell.Float);
                writer.Write(number);
                break;
            case double number:
                writer.Write((byte)Cell.Double);
                writer.Write(number);
                break;
            case string text:
                writer.Write((byte)Cell.Text);
                Text(writer, text);
                break;
            case System.Collections.IEnumerable list:
                object?[] elements = [.. list.Cast<object?>()];
                writer.Write((byte)Cell.List);
                writer.Write(elements.Length);
                Array.ForEach(elements, element => Value(writer, element));
                break;
            case FigureNode node:
                writer.Write((byte)Cell.Node);
                Fields(writer, node.Fields);
                break;
            default:
                throw new ArgumentException($"A {value.GetType().Name} is no value of a cell, an option or a figure.");
        }
    }

    /// <summary>Writes names and values.</summary>
    public static void Fields(BinaryWriter writer, IReadOnlyCollection<KeyValuePair<string, object?>> fields)
    {
        writer.Write(fields.Count);
        foreach (var (name, value) in fields)
        {
            Text(writer, name);
            Value(writer, value);
        }
    }
}
