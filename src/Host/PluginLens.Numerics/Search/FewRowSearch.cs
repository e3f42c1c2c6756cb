using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>
/// The row search of a few rows: B is read once, where it lies, and every score is computed in float64. Norms, packed panels and a copy of a transposed B,
/// which <see cref="RowSearch"/> makes, would each cost more than the products.
/// </summary>
/// <param name="x">Vectors, <c>n x d</c>, at most <see cref="MostRows"/>.</param>
/// <param name="b">The vocabulary, <c>m x d</c>.</param>
/// <param name="query">Which columns, their bias and scale.</param>
/// <param name="threads">Threads.</param>
/// <param name="cancellation">Watched.</param>
internal sealed unsafe class FewRowSearch(Matrix x, Matrix b, RowQuery query, int threads, CancellationToken cancellation)
{
    /// <summary>From here on the float32 kernel is faster.</summary>
    public const int MostRows = 6;

    private const int AtOnce = 256;

    /// <summary>Searches.</summary>
    public RowTopK Run()
    {
        using var rows = new RowMajor(x);
        var scores = new double[x.Rows][];
        for (var row = 0; row < x.Rows; row++)
        {
            scores[row] = GC.AllocateUninitializedArray<double>(b.Rows);
        }

        Workers.ForEach(threads, ((b.Rows - 1) / AtOnce) + 1, cancellation, part => Score(rows, part * AtOnce, Math.Min(AtOnce, b.Rows - (part * AtOnce)), scores));
        RefuseNotFinite(rows, scores);
        int[] kept = [.. Enumerable.Range(0, b.Rows).Where(id => query.Keep?[id] != false)];
        var k = Math.Min(query.K, kept.Length);
        var result = new RowTopK(x.Rows, k, new int[x.Rows * k], new double[x.Rows * k]);
        Workers.ForEach(threads, k == 0 ? 0 : x.Rows, cancellation, row => Select(scores[row], kept, k, result.Ids.AsSpan(row * k, k), result.Scores.AsSpan(row * k, k)));
        return result;
    }

    private void Score(RowMajor rows, int first, int count, double[][] scores)
    {
        using var pin = b.Data.Pin();
        var source = (float*)pin.Pointer + ((nint)first * b.RowStride);
        nint stride = b.RowStride;
        using var copy = b.HasContiguousRows ? null : new NativeBuffer<float>((long)count * b.Columns);
        if (copy is not null)
        {
            Transposition.Copy(source, b.RowStride, b.ColumnStride, count, b.Columns, copy.Pointer);
            source = copy.Pointer;
            stride = b.Columns;
        }

        for (var id = first; id < first + count; id++, source += stride)
        {
            for (var row = 0; row < rows.Rows; row++)
            {
                var dot = DotProduct.Of(rows.Row(row), source, b.Columns, source + stride);
                scores[row][id] = (dot * (query.Scale?[id] ?? 1)) + (query.Bias?[id] ?? 0) + 0.0;
            }
        }
    }

    // NaN and infinity in a factor are in every score that it takes part in.
    private void RefuseNotFinite(RowMajor rows, double[][] scores)
    {
        if (!scores.All(row => Array.TrueForAll(row, double.IsFinite)))
        {
            using var columns = new RowMajor(b);
            RowNorms.Squared(columns, "B", threads);
            RowNorms.Squared(rows, "X", threads);
        }
    }

    // Rounding to float32 keeps the order, so what reaches the k-th largest rounded key holds the k best.
    private void Select(double[] scores, int[] kept, int k, Span<int> ids, Span<double> best)
    {
        var keys = Array.ConvertAll(kept, id => (float)RowCandidates.Key(scores[id], query.Order));
        var least = LargestValues.Kth(keys, k);
        int[] chosen = [.. kept.Where((_, place) => keys[place] >= least)];
        RowScoring.Sort(Array.ConvertAll(chosen, id => scores[id]), chosen, query.Order, ids, best);
    }
}
