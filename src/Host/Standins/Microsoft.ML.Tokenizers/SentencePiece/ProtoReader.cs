namespace Microsoft.ML.Tokenizers;

/// <summary>Walks the fields of a protocol buffer message.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    public int Field { get; private set; }

    /// <summary>Value of a varint field.</summary>
    public long Number { get; private set; }

    /// <summary>Content of a length-delimited or fixed-size field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var tag = Varint();
        Field = (int)(tag >> 3);
        Number = 0;
        Bytes = default;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Bytes = Take(8);
                break;
            case 2:
                Bytes = Take(Varint());
                break;
            case 5:
                Bytes = Take(4);
                break;
            default:
                throw new InvalidDataException("The model is no protocol buffer message.");
        }

        return true;
    }

    private long Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70 && !_rest.IsEmpty; shift += 7)
        {
            var b = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return (long)value;
        }

        throw new InvalidDataException("The model ends inside a number.");
    }

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length < 0 || length > _rest.Length)
            throw new InvalidDataException("The model ends inside a field.");
        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }
}
