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

    /// <summary>Most bytes that a vocabulary string stands for.</summary>
    public static int Most(string piece) => Encoding.UTF8.GetMaxByteCount(piece.Length);

    /// <summary>The bytes that a vocabulary string stands for; a string outside the alphabet stands for itself.</summary>
    /// <returns>How many they are.</returns>
    public static int Read(string piece, Span<byte> bytes)
    {
        for (var at = 0; at < piece.Length; at++)
        {
            var c = piece[at];
            if (c >= Bytes.Length || Bytes[c] < 0)
            {
                return Encoding.UTF8.GetBytes(piece, bytes);
            }

            bytes[at] = (byte)Bytes[c];
        }

        return piece.Length;
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
