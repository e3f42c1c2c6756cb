namespace PluginLens.Models.Format.Files;

/// <summary>A weight that sessions and analyses read from one place in memory.</summary>
/// <param name="name">E.g. <c>blocks.0.attn.W_Q</c>.</param>
/// <param name="type">How it is stored.</param>
/// <param name="shape">Extents.</param>
internal abstract class ModelWeight(string name, ElementType type, int[] shape)
{
    /// <summary>E.g. <c>blocks.0.attn.W_Q</c>.</summary>
    public string Name => name;

    /// <summary>How it is stored.</summary>
    public ElementType Type => type;

    /// <summary>Extents.</summary>
    public int[] Shape => shape;

    /// <summary>Number of elements.</summary>
    public int Count { get; } = CountOf(shape);

    /// <summary>Bytes of the data.</summary>
    public long Bytes => (((long)Count * Bits) + 7) / 8;

    /// <summary>Bytes of one element; of half ones 1.</summary>
    public int ElementSize => Math.Max(1, Bits / 8);

    /// <summary>What a session is given so that it can compute with this weight: itself, or what it is computed from.</summary>
    public virtual IEnumerable<ModelWeight> Stored => [this];

    private int Bits => type switch
    {
        ElementType.Float => 32,
        ElementType.Float16 or ElementType.BFloat16 => 16,
        ElementType.Int8 => 8,
        _ => 4,
    };

    /// <summary>Where the data begin; they do not move.</summary>
    public abstract nint Address { get; }

    /// <summary>The float32 values: a view, or a widened copy of half-precision data. NaN and infinity are refused.</summary>
    public abstract Tensor Read();

    /// <summary>Name and index of an element, for messages.</summary>
    /// <param name="flat">Place in the data.</param>
    protected string ElementAt(int flat) => name + ElementIndex.Of(flat, [.. shape.Select(extent => (long)extent)]);

    /// <summary>Refuses values that are not finite.</summary>
    /// <param name="values">The float32 values.</param>
    /// <param name="path">The file that they come from.</param>
    protected void RequireFinite(ReadOnlySpan<float> values, string path)
    {
        var at = NotFinite.FirstIn(values);
        if (at >= 0)
        {
            throw new ModelException($"{ElementAt(at)} is {(float.IsNaN(values[at]) ? "NaN" : "infinite")} in '{path}': the weights are damaged; copy or export the model again.");
        }
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
}
