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
    public long Bytes => (long)Count * ElementSize;

    /// <summary>Bytes of one element.</summary>
    public int ElementSize => type == ElementType.Float ? 4 : 2;

    /// <summary>Where the data begin; they do not move.</summary>
    public abstract nint Address { get; }

    /// <summary>The float32 values: a view, or a widened copy of half-precision data. NaN and infinity are refused.</summary>
    public abstract Tensor Read();

    /// <summary>Name and index of an element, for messages.</summary>
    /// <param name="flat">Place in the data.</param>
    protected string ElementAt(int flat) => name + ElementIndex.Of(flat, [.. shape.Select(extent => (long)extent)]);

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
