namespace Microsoft.ML.Tokenizers;

/// <summary>GPT-2's printable character for each byte: itself where it prints, else the next free one from U+0100.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = MakeCharacters();

    public static char Character(byte value) => Characters[value];

    /// <summary>The byte behind a character, or -1.</summary>
    public static int Byte(char character) => character < Bytes.Length ? Bytes[character] : -1;

    private static readonly short[] Bytes = MakeBytes();

    private static char[] MakeCharacters()
    {
        var characters = new char[256];
        var free = 256;
        for (var b = 0; b < 256; b++)
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)free++;
        return characters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[324];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++)
            bytes[Characters[b]] = (short)b;
        return bytes;
    }
}
