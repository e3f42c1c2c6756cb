using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PluginLens.Onnx.Files;

/// <summary>A weight where it lies: in a mapped file, float32 or half precision.</summary>
/// <param name="name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
/// <param name="type">How it is stored.</param>
/// <param name="shape">Extents.</param>
/// <param name="file">The mapped file.</param>
/// <param name="offset">First byte.</param>
internal sealed class StoredWeight(string name, ElementType type, int[] shape, MappedFile file, long offset)
{
    /// <summary>The widened copy as long as somebody holds it: analyses ask for the same matrix once a head.</summary>
    private readonly WeakReference<float[]> _wide = new([]);
    private bool _isChecked;

    /// <summary>E.g. <c>blocks.0.attn.W_Q</c>.</summary>
    public string Name => name;

    /// <summary>How it is stored.</summary>
    public ElementType Type => type;

    /// <summary>Extents.</summary>
    public int[] Shape => shape;

    /// <summary>The mapped file.</summary>
    public MappedFile File => file;

    /// <summary>First byte.</summary>
    public long Offset => offset;

    /// <summary>Number of elements.</summary>
    public int Count { get; } = CountOf(shape);

    /// <summary>Bytes in the file.</summary>
    public long Bytes => (long)Count * ElementSize;

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => type == ElementType.Float ? 4 : 2;

    /// <summary>A view of float32 data, or a widened copy of half-precision data. NaN and infinity are refused.</summary>
    public Tensor Read()
    {
        var data = type == ElementType.Float ? file.Floats(offset, Count) : Wide();
        if (!_isChecked)
        {
            RequireFinite(data.Span);
            _isChecked = true;
        }

        return new Tensor(name, data, shape);
    }

    private static int CountOf(int[] shape)
    {
        var count = 1;
        foreach (var extent in shape)
        {
            count = checked(count * extent);
        }

        return count;
    }

    private float[] Wide()
    {
        if (_wide.TryGetTarget(out var wide) && wide.Length == Count)
        {
            return wide;
        }

        wide = Widened();
        _wide.SetTarget(wide);
        return wide;
    }

    private float[] Widened()
    {
        var bytes = file.Span(offset, checked(Count * 2));
        var wide = GC.AllocateUninitializedArray<float>(Count);
        if (type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), wide);
            return wide;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var at = 0; at < wide.Length; at++)
        {
            wide[at] = BitConverter.UInt32BitsToSingle((uint)halves[at] << 16);
        }

        return wide;
    }

    private void RequireFinite(ReadOnlySpan<float> data)
    {
        var at = NotFinite.FirstIn(data);
        if (at >= 0)
        {
            throw new ModelException(
                $"{name}[{string.Join(", ", Index(at))}] is {(float.IsNaN(data[at]) ? "NaN" : "infinite")} in '{file.Path}': the weights are damaged; copy or export the model again.");
        }
    }

    private int[] Index(int flat)
    {
        var index = new int[shape.Length];
        for (var dimension = shape.Length - 1; dimension >= 0; dimension--)
        {
            (flat, index[dimension]) = Math.DivRem(flat, shape[dimension]);
        }

        return index;
    }
}
