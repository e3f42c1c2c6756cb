namespace PluginLens.Numerics;

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
    public double Score(float* x, int id)
    {
        var dot = DotProduct.Of(x, Data.Row(id), Data.Columns);
        return (dot * (scale is null ? 1 : scale[id])) + (bias is null ? 0 : bias[id]) + 0.0;
    }

    public void Dispose() => Data.Dispose();
}
