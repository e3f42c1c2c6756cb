using System.Numerics.Tensors;

namespace PluginLens.Onnx.Files;

/// <summary>A weight where it lies: in a mapped file, float32 or half precision.</summary>
/// <param name="Name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Shape">Extents.</param>
/// <param name="File">The mapped file.</param>
/// <param name="Offset">First byte.</param>
internal sealed record StoredWeight(string Name, ElementType Type, int[] Shape, MappedFile File, long Offset)
{
    /// <summary>Number of elements.</summary>
    public int Count { get; } = Shape.Aggregate(1, (product, extent) => checked(product * extent));

    /// <summary>Bytes in the file.</summary>
    public long Bytes => (long)Count * (Type == ElementType.Float ? 4 : 2);

    /// <summary>A view of float32 data, or a widened copy of half-precision data. NaN and infinity are refused.</summary>
    public Tensor Read()
    {
        var data = Type == ElementType.Float ? File.Floats(Offset, Count) : Widened();
        RequireFinite(data.Span);
        return new Tensor(Name, data, Shape);
    }

    private float[] Widened()
    {
        var bytes = File.Span(Offset, checked(Count * 2));
        var wide = new float[Count];
        if (Type == ElementType.Float16)
        {
            TensorPrimitives.ConvertToSingle(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Half>(bytes), wide);
            return wide;
        }

        // bfloat16 is the upper half of a float32.
        var halves = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(bytes);
        for (var at = 0; at < wide.Length; at++)
        {
            wide[at] = BitConverter.UInt32BitsToSingle((uint)halves[at] << 16);
        }

        return wide;
    }

    private void RequireFinite(ReadOnlySpan<float> data)
    {
        // x * 0 is 0 for every finite x and NaN otherwise: one sum tells whether to look closer.
        var sum = System.Numerics.Vector<float>.Zero;
        var vectors = System.Runtime.InteropServices.MemoryMarshal.Cast<float, System.Numerics.Vector<float>>(data);
        foreach (var vector in vectors)
        {
            sum += vector * System.Numerics.Vector<float>.Zero;
        }

        var suspicious = System.Numerics.Vector.Sum(sum) != 0;
        for (var at = suspicious ? 0 : vectors.Length * System.Numerics.Vector<float>.Count; at < data.Length; at++)
        {
            if (!float.IsFinite(data[at]))
            {
                throw new ModelException($"{Name}[{string.Join(", ", Index(at))}] is {(float.IsNaN(data[at]) ? "NaN" : "infinite")}: the weights are damaged; copy or export the model again.");
            }
        }
    }

    private int[] Index(int flat)
    {
        var index = new int[Shape.Length];
        for (var dimension = Shape.Length - 1; dimension >= 0; dimension--)
        {
            (flat, index[dimension]) = Math.DivRem(flat, Shape[dimension]);
        }

        return index;
    }
}

/// <summary>How weights are stored; the numbers are ONNX's.</summary>
internal enum ElementType
{
    /// <summary>32 bits.</summary>
    Float = 1,

    /// <summary>IEEE half.</summary>
    Float16 = 10,

    /// <summary>The upper half of a float32.</summary>
    BFloat16 = 16,
}
