using System.Text;

namespace PluginLens.Tokenizers;

/// <summary>Tokens that stand for one byte each (<c>&lt;0xE2&gt;</c>): how a character outside the vocabulary is spelled.</summary>
/// <param name="vocabulary">Id by token.</param>
internal sealed class BytePieces(IReadOnlyDictionary<string, int> vocabulary)
{
    private readonly int[] _ids = [.. Enumerable.Range(0, 256).Select(b => vocabulary.GetValueOrDefault($"<0x{b:X2}>", -1))];

    /// <summary>Whether every byte of a character has its token.</summary>
    public bool Cover(Rune rune)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
        {
            if (_ids[b] < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Appends the bytes of a character that they cover.</summary>
    public void Append(Rune rune, List<int> into)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var b in utf8[..rune.EncodeToUtf8(utf8)])
        {
            into.Add(_ids[b]);
        }
    }
}
