using System.Buffers.Binary;
using System.Text;

namespace PluginLens.Tokenizers.Normalizing;

/// <summary>
/// SentencePiece's precompiled map: a double-array trie over UTF-8 whose longest match at each place says
/// which of the strings behind it stands there instead.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] _units;
    private readonly byte[] _strings;

    private CharacterMap(uint[] units, byte[] strings)
    {
        _units = units;
        _strings = strings;
    }

    /// <param name="blob">Size of the trie in bytes, the trie, then strings that end in zeros.</param>
    public static CharacterMap Read(byte[] blob)
    {
        if (blob.Length < 8)
        {
            throw new InvalidDataException("Expected a character map, found fewer than 8 bytes.");
        }

        var size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size % 4 != 0 || size < 4 || size > blob.Length - 4)
        {
            throw new InvalidDataException($"Expected a character map whose trie fits into {blob.Length} bytes, found {size}.");
        }

        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob.AsSpan(4 + (4 * i)));
        }

        return new(units, blob[(4 + (int)size)..]);
    }

    public string Apply(string text)
    {
        var source = Encoding.UTF8.GetBytes(text);
        var output = new List<byte>(source.Length);
        for (var at = 0; at < source.Length;)
        {
            var (length, offset) = Longest(source.AsSpan(at));
            if (length > 0)
            {
                for (var i = offset; i < _strings.Length && _strings[i] != 0; i++)
                {
                    output.Add(_strings[i]);
                }

                at += length;
                continue;
            }

            Rune.DecodeFromUtf8(source.AsSpan(at), out _, out var width);
            output.AddRange(source.AsSpan(at, width));
            at += width;
        }

        return Encoding.UTF8.GetString([.. output]);
    }

    /// <summary>Length of the longest key that begins the text, and where its replacement stands.</summary>
    private (int Length, int Offset) Longest(ReadOnlySpan<byte> text)
    {
        var best = (Length: 0, Offset: 0);
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & 0x800000FF) != text[i])
            {
                break;
            }

            var unit = _units[node];
            node ^= Offset(unit);
            var hasLeaf = (unit >> 8 & 1) == 1;
            if (hasLeaf && node < _units.Length)
            {
                best = (i + 1, (int)(_units[node] & 0x7FFFFFFF));
            }
        }

        return best;
    }

    private static uint Offset(uint unit) => unit >> 10 << (int)((unit & 0x200) >> 6);
}
