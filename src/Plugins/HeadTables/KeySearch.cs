namespace PluginLens.Plugins.HeadTables;

/// <summary>
/// The keys of largest importance <c>max_q QK'[q,k] · max_o OV'[k,o] · w_k</c>. V x V is never formed: rows of it stream by for a block of keys at a time, keys with the largest
/// <c>max‖a‖ ‖b_k‖ ‖c_k‖ max‖d‖ w_k</c> first, and the search ends where that bound falls below the n-th best.
/// </summary>
internal static class KeySearch
{
    private const int Block = 1024;

    /// <summary>Room for the rounding of norms and scores: a bound is never too small.</summary>
    private const double Slack = 1 + 1e-6;

    /// <summary>The best keys: importance, then lower id.</summary>
    /// <param name="context">Compute and cancellation.</param>
    /// <param name="factors">Of one head, <c>V x d_head</c> each.</param>
    /// <param name="weights">w of each token, <c>[V]</c>.</param>
    /// <param name="count">How many.</param>
    public static List<FoundKey> Best(AnalysisContext context, (Matrix Queries, Matrix Keys, Matrix Values, Matrix Outputs) factors, double[] weights, int count)
    {
        var (keys, values) = (Lengths(factors.Keys), Lengths(factors.Values));
        var (longestQuery, longestOutput) = (Lengths(factors.Queries).Max() * Slack, Lengths(factors.Outputs).Max() * Slack);
        double[] bounds = [.. weights.Select((weight, id) => longestQuery * keys[id] * values[id] * longestOutput * weight)];
        int[] order = [.. Enumerable.Range(0, bounds.Length).OrderByDescending(id => bounds[id])];
        var (best, floor) = (new List<FoundKey>(), double.NegativeInfinity);
        foreach (var block in order.Chunk(Block))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            if (bounds[block[0]] < floor)
            {
                break;
            }

            var attended = Largest(context, factors.Keys, block, factors.Queries);
            var left = block.Zip(attended).Where(key => Math.Abs(key.Second) * values[key.First] * longestOutput * weights[key.First] >= floor).ToList();
            var written = Largest(context, factors.Values, [.. left.Select(key => key.First)], factors.Outputs);
            best = [.. best.Concat(left.Zip(written, (key, output) => new FoundKey(key.First, key.Second * output * weights[key.First], key.Second, output)))
                .OrderByDescending(key => key.Importance).ThenBy(key => key.Id).Take(count)];
            floor = best.Count == count ? best[^1].Importance : floor;
        }

        return best;
    }

    /// <summary>The largest product of each chosen row with any of the others.</summary>
    private static double[] Largest(AnalysisContext context, Matrix rows, int[] chosen, Matrix others)
    {
        var copies = new float[chosen.Length * rows.Columns];
        foreach (var (at, id) in chosen.Index())
        {
            rows.CopyRow(id, copies.AsSpan(at * rows.Columns, rows.Columns));
        }

        return context.Compute.TopRows(new Matrix(copies, chosen.Length, rows.Columns), others, new RowQuery { K = 1 }).Scores;
    }

    private static double[] Lengths(Matrix rows)
    {
        var lengths = new double[rows.Rows];
        for (var row = 0; row < lengths.Length; row++)
        {
            var sum = 0.0;
            foreach (var value in rows.Row(row))
            {
                sum += (double)value * value;
            }

            lengths[row] = Math.Sqrt(sum);
        }

        return lengths;
    }
}

/// <summary>A key that was chosen.</summary>
/// <param name="Id">Token id.</param>
/// <param name="Importance">The product.</param>
/// <param name="Attended">Largest QK' of any query.</param>
/// <param name="Written">Largest OV' of any output.</param>
internal sealed record FoundKey(int Id, double Importance, double Attended, double Written);
