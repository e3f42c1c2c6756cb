using System.Text;

namespace PluginLens.Tokenizers;

/// <summary>The printable characters in which byte-level vocabularies write bytes (<c>Ġ</c> is the space).</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The UTF-8 bytes of a text, in the alphabet.</summary>
    public static string Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes, in the alphabet.</summary>
    public static string Write(byte[] bytes) => string.Create(bytes.Length, bytes, static (span, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            span[i] = Characters[source[i]];
        }
    });

    /// <summary>Appends the bytes that a vocabulary string stands for; a string outside the alphabet stands for itself.</summary>
    public static void Read(string piece, List<byte> bytes)
    {
        var before = bytes.Count;
        foreach (var c in piece)
        {
            if (c < Bytes.Length && Bytes[c] >= 0)
            {
                bytes.Add((byte)Bytes[c]);
                continue;
            }

            bytes.RemoveRange(before, bytes.Count - before);
            bytes.AddRange(Encoding.UTF8.GetBytes(piece));
            return;
        }
    }

    /// <summary>Byte by character; -1 where a character is none.</summary>
    private static short[] MakeBytes()
    {
        var largest = 0;
        foreach (var character in Characters)
        {
            largest = Math.Max(largest, character);
        }

        var bytes = new short[largest + 1];
        for (var c = 0; c < bytes.Length; c++)
        {
            bytes[c] = (short)Array.IndexOf(Characters, (char)c);
        }

        return bytes;
    }

    private static char[] MakeCharacters()
    {
        var (characters, free) = (new char[256], 256);
        for (var b = 0; b < characters.Length; b++)
        {
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)free++;
        }

        return characters;
    }
}
