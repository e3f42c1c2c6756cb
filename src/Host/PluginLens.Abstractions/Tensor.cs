namespace PluginLens;

/// <summary>
/// A named float32 array of any rank, row-major. The data may be a view of a memory-mapped file: never write to it,
/// and do not keep it beyond the life of the model.
/// </summary>
public sealed class Tensor
{
    private readonly int[] _shape;

    /// <summary>Wraps <paramref name="data"/>; copies nothing.</summary>
    /// <param name="name">Hook or weight name, e.g. <c>blocks.0.attn.W_Q</c>.</param>
    /// <param name="data">The elements, outermost dimension first.</param>
    /// <param name="shape">The extents; their product is the length of <paramref name="data"/>.</param>
    public Tensor(string name, ReadOnlyMemory<float> data, params int[] shape)
    {
        var count = 1L;
        foreach (var extent in shape)
        {
            count *= extent;
        }

        if (count != data.Length)
        {
            throw new ArgumentException($"Tensor '{name}': shape [{string.Join(',', shape)}] has {count} elements, the data {data.Length}.");
        }

        Name = name;
        Data = data;
        _shape = shape;
    }

    /// <summary>Hook or weight name.</summary>
    public string Name { get; }

    /// <summary>The elements, outermost dimension first.</summary>
    public ReadOnlyMemory<float> Data { get; }

    /// <summary>The elements as a span.</summary>
    public ReadOnlySpan<float> Span => Data.Span;

    /// <summary>The extents.</summary>
    public IReadOnlyList<int> Shape => _shape;

    /// <summary>One index of the outermost dimension: a view with one dimension less, e.g. one head of <c>[h,d,dh]</c>.</summary>
    /// <param name="index">Counts from 0.</param>
    public Tensor this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _shape[0]);
            var size = Data.Length / _shape[0];
            return new Tensor($"{Name}[{index}]", Data.Slice(index * size, size), _shape[1..]);
        }
    }

    /// <summary>The tensor as a matrix; leading dimensions are merged into rows: <c>[a,b,c]</c> gives <c>(a*b) x c</c>.</summary>
    public Matrix AsMatrix()
    {
        if (_shape.Length == 0)
        {
            throw new InvalidOperationException($"'{Name}' is a scalar, not a matrix.");
        }

        var columns = _shape[^1];
        return new Matrix(Data, columns == 0 ? 0 : Data.Length / columns, columns);
    }
}
