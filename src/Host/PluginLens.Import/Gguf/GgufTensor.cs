using PluginLens.Import.Gguf.Types;
using PluginLens.Models.Format.Files;

namespace PluginLens.Import.Gguf;

/// <summary>A tensor of a GGUF file: numbers that lie in the file, in blocks.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Shape">Its shape, the slowest axis first (the file has it the other way round): a matrix is [out, in].</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Map">The file.</param>
/// <param name="Offset">Its first byte there.</param>
internal sealed record GgufTensor(string Name, long[] Shape, GgmlType Type, MappedFile Map, long Offset)
{
    private const int ChunkBlocks = 1 << 16;

    public long Elements => Shape.Aggregate(1L, (a, b) => a * b);

    public long Bytes => Elements / Type.Elements * Type.Bytes;

    /// <summary>Shape and type in words.</summary>
    public string Text => $"[{string.Join(", ", Shape)}] {Type.Name}";

    /// <summary>Bytes of some of the blocks, as they are in the file.</summary>
    /// <param name="first">First block.</param>
    /// <param name="count">How many.</param>
    public ReadOnlySpan<byte> Blocks(long first, int count) => Map.Span(Offset + (first * Type.Bytes), count * Type.Bytes);

    /// <summary>All values, row-major.</summary>
    /// <exception cref="ModelException">One is not finite.</exception>
    public float[] Read() => Read(0, Elements);

    /// <summary>A stretch of the values; it begins and ends between blocks.</summary>
    /// <param name="first">First value.</param>
    /// <param name="count">How many.</param>
    /// <exception cref="ModelException">One is not finite.</exception>
    public float[] Read(long first, long count)
    {
        if (count > Array.MaxLength)
        {
            throw new ModelException($"Tensor {Shown.Name(Name)} has {Elements} values; more than {Array.MaxLength} in one tensor are not read.");
        }

        var values = new float[count];
        var blocks = count / Type.Elements;
        for (var block = 0L; block < blocks; block += ChunkBlocks)
        {
            var some = (int)Math.Min(ChunkBlocks, blocks - block);
            var into = values.AsSpan((int)(block * Type.Elements), some * Type.Elements);
            var bytes = Blocks((first / Type.Elements) + block, some);
            Type.Values(bytes, into);
            RefuseNotFinite(bytes, into, first + (block * Type.Elements));
        }

        return values;
    }

    private void RefuseNotFinite(ReadOnlySpan<byte> bytes, ReadOnlySpan<float> values, long first)
    {
        var bad = NotFinite.FirstIn(values);
        if (bad >= 0)
        {
            throw new ModelException($"Tensor {Shown.Name(Name)} ({Text}) has {values[bad]} as value {first + bad} in '{Path.GetFileName(Map.Path)}'; the " +
                $"file is damaged, or its training diverged.");
        }

        if (Type.NotANumber is { } notANumber)
        {
            for (var at = 0; at < bytes.Length; at += Type.Bytes)
            {
                if (bytes[at] == notANumber)
                {
                    throw new ModelException($"Tensor {Shown.Name(Name)} ({Text}) has the scale {notANumber}, which is NaN, in block " +
                        $"{(first / Type.Elements) + (at / Type.Bytes)} in '{Path.GetFileName(Map.Path)}'; the file is damaged.");
                }
            }
        }
    }
}
