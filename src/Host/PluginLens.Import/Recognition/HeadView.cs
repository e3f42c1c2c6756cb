using PluginLens.Import.Probe;

namespace PluginLens.Import.Recognition;

/// <summary>A tensor of all heads' vectors in one of the arrangements that exporters leave them in, read as [batch, head, pos, dimension].</summary>
internal sealed class HeadView
{
    private readonly float[] _values;
    private readonly int _batchStep;
    private readonly int _headStep;
    private readonly int _posStep;
    private readonly int _widthStep;

    private HeadView(float[] values, int batch, int heads, int length, int width, string order)
    {
        (_values, Batch, Heads, Length, Width) = (values, batch, heads, length, width);
        var step = 1;
        foreach (var axis in order.Reverse())
        {
            switch (axis)
            {
                case 'b':
                    (_batchStep, step) = (step, step * batch);
                    break;
                case 'h':
                    (_headStep, step) = (step, step * heads);
                    break;
                case 'p':
                    (_posStep, step) = (step, step * length);
                    break;
                default:
                    (_widthStep, step) = (step, step * width);
                    break;
            }
        }
    }

    public int Batch { get; }

    public int Heads { get; }

    public int Length { get; }

    public int Width { get; }

    public float this[int batch, int head, int pos, int dimension] =>
        _values[(batch * _batchStep) + (head * _headStep) + (pos * _posStep) + (dimension * _widthStep)];

    /// <summary>Every way to read a tensor as heads of a width, most usual first.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="batch">Sequences in the run.</param>
    /// <param name="length">Tokens in each.</param>
    /// <param name="width">d_head.</param>
    public static IEnumerable<HeadView> Of(ProbeTensor tensor, int batch, int length, int width)
    {
        var heads = tensor.Values.Length / (batch * length * width);
        if (heads * batch * length * width != tensor.Values.Length || heads == 0)
        {
            yield break;
        }

        var (last, before) = (tensor.Dim(-1), tensor.Rank > 1 ? tensor.Dim(-2) : 1);
        if (last == width && before == length)
        {
            yield return new HeadView(tensor.Values, batch, heads, length, width, "bhpe");
        }

        if (before == width && last == length)
        {
            yield return new HeadView(tensor.Values, batch, heads, length, width, "bhep");
        }

        if (last == width || last == heads * width)
        {
            yield return new HeadView(tensor.Values, batch, heads, length, width, "bphe");
            yield return new HeadView(tensor.Values, batch, heads, length, width, "pbhe");
        }
    }

    /// <summary>The vectors as <c>[batch, head, pos, dimension]</c>.</summary>
    public float[] Dense()
    {
        var dense = new float[Batch * Heads * Length * Width];
        var at = 0;
        for (var b = 0; b < Batch; b++)
        {
            for (var h = 0; h < Heads; h++)
            {
                for (var p = 0; p < Length; p++)
                {
                    for (var e = 0; e < Width; e++)
                    {
                        dense[at++] = this[b, h, p, e];
                    }
                }
            }
        }

        return dense;
    }
}
