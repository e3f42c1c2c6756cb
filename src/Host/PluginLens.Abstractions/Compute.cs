namespace PluginLens;

/// <summary>
/// Heavy linear algebra as a host service: every plugin gets the fast path. Products over the vocabulary are streamed;
/// V x V is never formed. Results are identical for every number of threads. Order: score, then lower row, then lower column.
/// NaN and infinity in the input are refused. Long calls watch <see cref="AnalysisContext.Cancellation"/>.
/// </summary>
public abstract class Compute
{
    /// <summary>Threads in use.</summary>
    public abstract int Threads { get; }

    /// <summary>The k largest (or smallest) entries of A·Bᵀ, exactly, in order.</summary>
    /// <param name="a">Rows to pair, <c>n x r</c>.</param>
    /// <param name="b">Columns to pair, <c>m x r</c>.</param>
    /// <param name="query">How many, and which take part.</param>
    public abstract IReadOnlyList<ScoredPair> TopPairs(Matrix a, Matrix b, PairQuery query);

    /// <summary>For each row of X·Bᵀ its k best columns, exactly, in order.</summary>
    /// <param name="x">Vectors, <c>n x d</c>.</param>
    /// <param name="b">The vocabulary, <c>V x d</c> (W_E, or <c>WU.Transpose()</c>).</param>
    /// <param name="query">How many, and which take part.</param>
    public abstract RowTopK TopRows(Matrix x, Matrix b, RowQuery query);

    /// <summary>A·B in float32.</summary>
    /// <param name="a">Left factor, <c>n x r</c>.</param>
    /// <param name="b">Right factor, <c>r x m</c>.</param>
    /// <returns><c>n x m</c>, row-major.</returns>
    public abstract Matrix Multiply(Matrix a, Matrix b);
}
