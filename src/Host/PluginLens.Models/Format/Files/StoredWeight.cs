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
    private readonly HeldValues _wide = new();
    private bool _isChecked;

    /// <summary>The mapped file.</summary>
    public MappedFile File => file;

    /// <summary>First byte.</summary>
    public long Offset => offset;

    /// <summary>The bytes as they lie in the file.</summary>
    public ReadOnlySpan<byte> Raw
    {
        get
        {
            file.RequireWhole();
            return file.Span(offset, checked((int)Bytes));
        }
    }

    /// <inheritdoc/>
    public override nint Address => file.At(offset);

    /// <inheritdoc/>
    public override Tensor Read()
    {
        file.RequireWhole();
        var data = Type == ElementType.Float ? file.Floats(offset, Count) : _wide.Of(Widened);
        if (!_isChecked)
        {
            RequireFinite(data.Span, file.Path);
            _isChecked = true;
        }

        return new Tensor(Name, data, Shape);
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
            wide[at] = BrainFloat.Widened(halves[at]);
        }

        return wide;
    }
}
