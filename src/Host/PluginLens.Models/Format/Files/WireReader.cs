namespace PluginLens.Models.Format.Files;

/// <summary>Walks the fields of one protobuf message in a mapped file without reading their contents.</summary>
/// <param name="file">The file.</param>
/// <param name="start">First byte of the message.</param>
/// <param name="end">One past its last byte.</param>
internal sealed class WireReader(MappedFile file, long start, long end)
{
    private long _at = start;

    /// <summary>Moves to the next field.</summary>
    /// <param name="entry">The field.</param>
    /// <returns>False at the end.</returns>
    public bool Next(out WireEntry entry)
    {
        entry = default;
        if (_at == end)
        {
            return false;
        }

        var tagStart = _at;
        var tag = Varint();
        var field = (int)(tag >> 3);
        var length = (tag & 7) switch
        {
            0 => VarintLength(),
            1 => 8,
            2 => (long)Varint(),
            5 => 4,
            _ => throw Damaged($"wire type {tag & 7}"),
        };
        if (field == 0 || length < 0 || length > end - _at)
        {
            throw Damaged($"a field of {length} bytes where {end - _at} are left");
        }

        entry = new WireEntry(field, (tag & 7) == 2, tagStart, _at, length);
        _at += length;
        return true;
    }

    /// <summary>A reader of an embedded message.</summary>
    /// <param name="entry">A length-delimited field.</param>
    public WireReader Inside(WireEntry entry) => new(file, entry.Start, entry.Start + entry.Length);

    /// <summary>Whether a field's content starts with some bytes.</summary>
    /// <param name="entry">A length-delimited field.</param>
    /// <param name="text">The bytes.</param>
    public bool Starts(WireEntry entry, ReadOnlySpan<byte> text) => entry.Length >= text.Length && file.Span(entry.Start, text.Length).SequenceEqual(text);

    /// <summary>Copies a field as it is.</summary>
    /// <param name="entry">The field.</param>
    /// <param name="output">Receives tag and content.</param>
    public void CopyTo(WireEntry entry, Stream output)
    {
        var length = entry.Start + entry.Length - entry.TagStart;
        if (length > 1 << 30)
        {
            throw Damaged($"a field {entry.Field} of {entry.Length} bytes outside the weights");
        }

        output.Write(file.Span(entry.TagStart, (int)length));
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if (_at >= end)
            {
                throw Damaged("the end of the file inside a number");
            }

            var next = file.Span(_at++, 1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Damaged("a number of more than 64 bits");
    }

    private long VarintLength()
    {
        var at = _at;
        Varint();
        var length = _at - at;
        _at = at;
        return length;
    }

    private ModelException Damaged(string found) =>
        new($"'{file.Path}' is not an ONNX file, or it ends inside a message: found {found} at byte {_at} of {file.Length}; copy or export the model again.");
}

/// <summary>One field of a message.</summary>
/// <param name="Field">Number.</param>
/// <param name="IsBytes">Whether it is length-delimited.</param>
/// <param name="TagStart">First byte of its tag.</param>
/// <param name="Start">First byte of its content.</param>
/// <param name="Length">Bytes of content.</param>
internal readonly record struct WireEntry(int Field, bool IsBytes, long TagStart, long Start, long Length);
