using System.Text;

namespace PluginLens.Import.Gguf;

/// <summary>The first bytes of a file.</summary>
/// <param name="Tensors">Number of tensors.</param>
/// <param name="Keys">Number of keys.</param>
internal sealed record GgufHeader(long Tensors, long Keys)
{
    // The shortest key is a name of one byte with one byte of value; the shortest tensor has a name of one byte and one dimension.
    private const int ShortestKey = 14;
    private const int ShortestTensor = 33;

    public static ReadOnlySpan<byte> Magic => "GGUF"u8;

    public static GgufHeader Read(GgufCursor cursor)
    {
        var magic = cursor.Take(4, "its first four bytes");
        if (!magic.SequenceEqual(Magic))
        {
            throw new ModelException(Encoding.ASCII.GetString(magic) is "tjgg" or "lmgg" or "fmgg" or "ggjt" or "ggml" or "ggmf" or "algg"
                ? $"'{cursor.File}' is of the format before GGUF; convert the model again."
                : $"'{cursor.File}' is not a GGUF file: it begins with {Shown.Name(Encoding.Latin1.GetString(magic))}.");
        }

        var version = cursor.UInt32("the version");
        if ((version & 0xFFFF) == 0)
        {
            throw new ModelException($"'{cursor.File}' was written for big-endian machines; convert the model again for this one.");
        }

        // The two differ only in what big machines write.
        if (version is not (2 or 3))
        {
            throw new ModelException($"'{cursor.File}' has version {version} of GGUF; 2 and 3 are read. " +
                $"{(version == 1 ? "Convert the model again." : "It is newer than this program, or damaged.")}");
        }

        var tensors = cursor.UInt64("the number of tensors");
        var keys = cursor.UInt64("the number of keys");
        return new GgufHeader(cursor.Count(tensors, ShortestTensor, "tensors"), cursor.Count(keys, ShortestKey, "keys"));
    }
}
