using PluginLens.Import.Gguf.Types;

namespace PluginLens.Import.Gguf;

/// <summary>The list of tensors behind the keys, and the checks that make each of them safe to read: every one lies in the file, right behind the one before it.</summary>
internal static class GgufTensorList
{
    private const int LongestName = 63;
    private const int MostDims = 4;

    /// <summary>Reads the list.</summary>
    /// <param name="cursor">At its first entry.</param>
    /// <param name="count">Number of tensors; the file is long enough for so many entries.</param>
    /// <param name="alignment">Multiple at which each tensor begins.</param>
    /// <returns>The tensors, and the byte behind the last one and its padding.</returns>
    public static (IReadOnlyList<GgufTensor> Tensors, long End) Read(GgufCursor cursor, long count, long alignment)
    {
        var entries = new List<(GgufTensor Tensor, ulong Offset)>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0L; i < count; i++)
        {
            var entry = Entry(cursor, i);
            entries.Add(entry);
            if (!names.Add(entry.Tensor.Name))
            {
                throw new ModelException($"'{cursor.File}' has the tensor {Shown.Name(entry.Tensor.Name)} twice; it is damaged.");
            }
        }

        var start = Aligned(cursor.Position, alignment);
        if (count > 0 && start > cursor.Map.Length)
        {
            throw new ModelException($"'{cursor.File}' ends in the padding before its data, which begin at byte {start} (alignment {alignment}); it is cut " +
                $"or damaged, download it again.");
        }

        return Placed(cursor, entries, start, alignment);
    }

    /// <summary>Every offset must be the end of the tensor before it: no gap, no overlap, no other order.</summary>
    private static (IReadOnlyList<GgufTensor> Tensors, long End) Placed(GgufCursor cursor, List<(GgufTensor Tensor, ulong Offset)> entries, long start, long alignment)
    {
        var tensors = new List<GgufTensor>(entries.Count);
        var next = 0L;
        foreach (var (tensor, offset) in entries)
        {
            if (offset != (ulong)next)
            {
                throw new ModelException($"'{cursor.File}': tensor {Shown.Name(tensor.Name)} is said to begin at byte {offset} of the data, but the one " +
                    $"before it ends at {next}; the file is damaged.");
            }

            if (tensor.Bytes > cursor.Map.Length - start - next)
            {
                throw new ModelException($"'{cursor.File}' ends in tensor {Shown.Name(tensor.Name)} ({tensor.Text}, {tensor.Bytes} bytes from byte " +
                    $"{start + next} on); it is cut or damaged, download it again.");
            }

            tensors.Add(tensor with { Offset = start + next });
            next = Aligned(next + tensor.Bytes, alignment);
        }

        return (tensors, start + next);
    }

    private static (GgufTensor Tensor, ulong Offset) Entry(GgufCursor cursor, long index)
    {
        var name = cursor.Name(LongestName, $"the name of tensor {index}");
        var shown = $"'{cursor.File}': tensor {Shown.Name(name)}";
        var rank = cursor.UInt32("the number of dimensions");
        if (rank is 0 or > MostDims)
        {
            throw new ModelException($"{shown} has {rank} dimensions; expected 1 to {MostDims}. The file is damaged.");
        }

        var shape = new long[rank];
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            shape[i] = (long)cursor.UInt64("a dimension");
        }

        var type = GgmlType.Of(cursor.UInt32("a tensor's type"), out var refusal) ?? throw new ModelException($"{shown} {refusal}.");
        var tensor = new GgufTensor(name, shape, type, cursor.Map, 0);
        RefuseShape(shown, tensor);
        return (tensor, cursor.UInt64("a tensor's offset"));
    }

    /// <summary>Positive dimensions, rows of whole blocks, and no more values than the file could hold, so that nothing overflows from here on.</summary>
    private static void RefuseShape(string shown, GgufTensor tensor)
    {
        var (shape, type) = (tensor.Shape, tensor.Type);
        if (shape.Any(d => d <= 0))
        {
            throw new ModelException($"{shown} has the shape {tensor.Text}; expected dimensions above 0. The file is damaged.");
        }

        if (shape[^1] % type.Elements != 0)
        {
            throw new ModelException($"{shown} has rows of {shape[^1]} values, which are not whole blocks of {type.Elements} ({type.Name}); the file is damaged.");
        }

        var blocks = shape[..^1].Aggregate((Int128)(shape[^1] / type.Elements), (a, b) => Int128.Min(a * b, long.MaxValue));
        if (blocks * type.Bytes > tensor.Map.Length)
        {
            throw new ModelException($"{shown} has the shape {tensor.Text}, which is larger than the whole file; it is damaged.");
        }
    }

    /// <summary>The next multiple; both numbers are below 2^62, so nothing overflows.</summary>
    private static long Aligned(long offset, long alignment) => (offset + alignment - 1) / alignment * alignment;
}
