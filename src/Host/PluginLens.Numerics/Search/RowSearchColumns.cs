using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>The columns of a row search that take part: rows of B with their scale and bias.</summary>
internal sealed unsafe class RowSearchColumns : IDisposable
{
    private readonly int[]? kept;
    private readonly float[]? scale;
    private readonly float[]? bias;

    /// <summary>Reads the query.</summary>
    /// <param name="b">The vocabulary, <c>m x d</c>.</param>
    /// <param name="query">Which columns, their bias and scale.</param>
    /// <param name="threads">Threads for reading it.</param>
    public RowSearchColumns(Matrix b, RowQuery query, int threads)
    {
        Data = new RowMajor(b);
        Squares = RowNorms.Squared(Data, "B", threads);
        kept = query.Keep is null ? null : Enumerable.Range(0, b.Rows).Where(column => query.Keep[column]).ToArray();
        Count = kept?.Length ?? b.Rows;
        scale = query.Scale;
        bias = query.Bias;
        for (var place = 0; place < Count; place++)
        {
            LargestNorm = Math.Max(LargestNorm, Norm(place));
            LargestBias = Math.Max(LargestBias, Math.Abs(Bias(place)));
        }

        Down = ErrorBound.DownExponent(LargestNorm);
    }

    public RowMajor Data { get; }

    public double[] Squares { get; }

    /// <summary>How many take part.</summary>
    public int Count { get; }

    /// <summary>Power of two by which factors are scaled down.</summary>
    public int Down { get; }

    public double LargestNorm { get; }

    public double LargestBias { get; }

    /// <summary>Column of the product.</summary>
    /// <param name="place">Counts columns that take part.</param>
    public int Id(int place) => kept is null ? place : kept[place];

    public double Bias(int place) => bias is null ? 0 : bias[Id(place)];

    public double Scale(int place) => scale is null ? 1 : scale[Id(place)];

    /// <summary>Norm with its scale.</summary>
    /// <param name="place">Counts columns that take part.</param>
    public double Norm(int place) => Math.Sqrt(Squares[Id(place)]) * Math.Abs(Scale(place));

    /// <summary>The exact value.</summary>
    /// <param name="x">One row of X.</param>
    /// <param name="id">Column of the product.</param>
    /// <param name="next">The row that will be needed next.</param>
    public double Score(float* x, int id, float* next)
    {
        var dot = DotProduct.Of(x, Data.Row(id), Data.Columns, next);
        return (dot * (scale is null ? 1 : scale[id])) + (bias is null ? 0 : bias[id]) + 0.0;
    }

    /// <summary>Packs some columns, scaled.</summary>
    /// <param name="start">First place.</param>
    /// <param name="count">How many.</param>
    /// <param name="width">Width of the panel.</param>
    /// <param name="unit">Every element is multiplied by this as well.</param>
    /// <param name="panel">Receives <c>[depth, width]</c>.</param>
    public void Pack(int start, int count, int width, float unit, float* panel)
    {
        if (kept is null)
        {
            PanelPacking.Strided(Data.Row(start), Data.Stride, 1, count, Data.Columns, width, unit, panel);
        }
        else
        {
            PanelPacking.Chosen(Data, kept.AsSpan(start, count), width, unit, panel);
        }

        if (scale is null)
        {
            return;
        }

        var factors = stackalloc float[count];
        for (var i = 0; i < count; i++)
        {
            factors[i] = scale[Id(start + i)];
        }

        for (var k = 0; k < Data.Columns; k++)
        {
            var row = new Span<float>(panel + ((nint)k * width), count);
            System.Numerics.Tensors.TensorPrimitives.Multiply(row, new ReadOnlySpan<float>(factors, count), row);
        }
    }

    public void Dispose() => Data.Dispose();
}
