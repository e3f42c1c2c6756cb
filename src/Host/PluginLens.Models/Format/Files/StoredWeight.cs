using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace PluginLens.Models.Format.Files;

/// <summary>A weight where it lies: in a mapped file, float32 or half precision.</summary>
/// <param name="name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
/// <param name="type">How it is stored.</param>
/// <param name="shape">Extents.</param>
/// <param name="file">The mapped file.</param>
/// <param name="offset">First byte.</param>
internal sealed class StoredWeight(string name, ElementType type, int[] shape, MappedFile file, long offset) : ModelWeight(name, type, shape)
{
    /// <summary>The widened copy as long as somebody holds it: analyses ask for the same matrix once a head.</summary>
    private readonly WeakReference<float[]> _wide = new([]);
    private bool _isChecked;

    /// <summary>The mapped file.</summary>
    public MappedFile File => file;

    /// <summary>First byte.</summary>
    public long Offset => offset;

    /// <summary>The bytes as they lie in the file.</summary>
    public ReadOnlySpan<byte> Raw => file.Span(offset, checked((int)Bytes));

    /// <inheritdoc/>
    public override nint Address => file.At(offset);

    /// <inheritdoc/>
    public override Tensor Read()
    {
        var data = Type == ElementType.Float ? file.Floats(offset, Count) : Wide();
        if (!_isChecked)
        {
            RequireFinite(data.Span);
            _isChecked = true;
        }

        return new Tensor(Name, data, Shape);
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
        var bytes = Raw;
        var wide = GC.AllocateUninitializedArray<float>(Count);
        if (Type == ElementType.Float16)
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
                $"{ElementAt(at)} is {(float.IsNaN(data[at]) ? "NaN" : "infinite")} in '{file.Path}': the weights are damaged; copy or export the model again.");
        }
    }
}
