namespace PluginLens.Toolkit;

/// <summary>
/// Products of a vocabulary with a matrix of each head, made for several heads of a layer at once: the vocabulary, the larger factor by far, is read once for all of
/// them, and 768 columns are computed at nearly the processor's limit where 64 are not. An entry is the same sum either way.
/// </summary>
/// <param name="compute">The compute service.</param>
/// <param name="vocabulary">The vocabulary, <c>V x d_model</c>.</param>
internal sealed class HeadProducts(Compute compute, Matrix vocabulary)
{
    /// <summary>Most numbers of a product held: 80 MB.</summary>
    private const int MostFloats = 20_000_000;

    private float[] _values = [];
    private int[] _heads = [];
    private int _layer = -1;
    private int _width;

    /// <summary>Memory of the product of several heads, in bytes.</summary>
    /// <param name="length">Numbers of one head's product.</param>
    /// <param name="heads">Heads that will be asked for of each layer.</param>
    public static double BytesHeld(double length, int heads)
    {
        var together = Math.Min(heads, Math.Floor(MostFloats / Math.Max(1, length)));
        return together < 2 ? 0 : sizeof(float) * length * together;
    }

    /// <summary>The product of one head.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="head">Head.</param>
    /// <param name="order">Heads that will be asked for of each layer, in this order; others are made one by one.</param>
    /// <param name="weight">A head's matrix, <c>d_model x d_head</c>.</param>
    /// <param name="product">Receives <c>V x d_head</c>.</param>
    public void Make(int layer, int head, IReadOnlyList<int> order, Func<int, Matrix> weight, Span<float> product)
    {
        if (layer != _layer || Array.IndexOf(_heads, head) < 0)
        {
            var width = product.Length / vocabulary.Rows;
            int[] heads = [.. order.SkipWhile(other => other != head).Take(MostFloats / Math.Max(1, product.Length))];
            if (heads.Length < 2)
            {
                compute.Multiply(vocabulary, weight(head), product);
                return;
            }

            (_layer, _heads, _width) = (layer, heads, width);
            var needed = vocabulary.Rows * width * heads.Length;
            _values = _values.Length >= needed ? _values : GC.AllocateUninitializedArray<float>(needed);
            compute.Multiply(vocabulary, SideBySide([.. heads.Select(weight)]), _values.AsSpan(0, needed));
        }

        var (stride, place) = (_heads.Length * _width, Array.IndexOf(_heads, head) * _width);
        for (var row = 0; row < vocabulary.Rows; row++)
        {
            _values.AsSpan((row * stride) + place, _width).CopyTo(product[(row * _width)..]);
        }
    }

    private static Matrix SideBySide(Matrix[] parts)
    {
        var (rows, width) = (parts[0].Rows, parts[0].Columns);
        var data = new float[rows * width * parts.Length];
        for (var part = 0; part < parts.Length; part++)
        {
            for (var row = 0; row < rows; row++)
            {
                parts[part].CopyRow(row, data.AsSpan(((row * parts.Length) + part) * width, width));
            }
        }

        return new Matrix(data, rows, width * parts.Length);
    }
}
