using PluginLens.Numerics.Kernels;

namespace PluginLens.Numerics.Search;

/// <summary>The last step of a row search: candidates scored in float64 and put in order.</summary>
internal static unsafe class RowScoring
{
    /// <summary>The k best of the candidates of each row.</summary>
    /// <param name="rows">X.</param>
    /// <param name="first">First row.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="lists">At least the k best of each row.</param>
    /// <param name="k">How many.</param>
    /// <param name="order">Which end.</param>
    /// <param name="cancellation">Watched.</param>
    public static RowTopK Best(RowMajor rows, int first, int count, RowSearchColumns columns, RowCandidates lists, int k, RowOrder order, CancellationToken cancellation)
    {
        var starts = new int[count + 1];
        for (var row = 0; row < count; row++)
        {
            starts[row + 1] = starts[row] + lists.Ids(row).Length;
        }

        var scores = Scores(rows, first, count, columns, lists, starts, cancellation);
        var result = new RowTopK(count, k, new int[count * k], new double[count * k]);
        for (var row = 0; row < count; row++)
        {
            var all = scores.AsSpan(starts[row]..starts[row + 1]);
            Sort(all, lists.Ids(row), order, result.Ids.AsSpan(row * k, k), result.Scores.AsSpan(row * k, k));
        }

        return result;
    }

    // Column by column, so that each row of B, the larger matrix, is fetched once.
    private static double[] Scores(RowMajor rows, int first, int count, RowSearchColumns columns, RowCandidates lists, int[] starts, CancellationToken cancellation)
    {
        var scores = new double[starts[count]];
        var places = new int[columns.Data.Rows + 1];
        for (var row = 0; row < count; row++)
        {
            foreach (var id in lists.Ids(row))
            {
                places[id + 1]++;
            }
        }

        for (var id = 0; id < columns.Data.Rows; id++)
        {
            places[id + 1] += places[id];
        }

        var entries = new (int Row, int Place)[scores.Length];
        for (var row = 0; row < count; row++)
        {
            var ids = lists.Ids(row);
            for (var i = 0; i < ids.Length; i++)
            {
                entries[places[ids[i]]++] = (row, starts[row] + i);
            }
        }

        // After the filling above, places[id] is the end of column id.
        for (int id = 0, entry = 0; id < columns.Data.Rows; id++)
        {
            if ((id & 255) == 0)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            for (; entry < places[id]; entry++)
            {
                // Rows of X follow in no order that the processor could guess.
                var next = entries[Math.Min(entry + 1, entries.Length - 1)].Row;
                scores[entries[entry].Place] = columns.Score(rows.Row(first + entries[entry].Row), id, rows.Row(first + next));
            }
        }

        return scores;
    }

    /// <summary>The best of some scores, in order.</summary>
    /// <param name="scores">Scores.</param>
    /// <param name="ids">Their columns, ascending.</param>
    /// <param name="order">Which end.</param>
    /// <param name="resultIds">Receives the columns, <c>[k]</c>.</param>
    /// <param name="resultScores">Receives their scores, <c>[k]</c>.</param>
    public static void Sort(ReadOnlySpan<double> scores, ReadOnlySpan<int> ids, RowOrder order, Span<int> resultIds, Span<double> resultScores)
    {
        var keys = new double[scores.Length];
        var places = new int[scores.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = -RowCandidates.Key(scores[i], order);
            places[i] = i;
        }

        Array.Sort(keys, places);
        for (int start = 0, end; start < resultIds.Length; start = end)
        {
            for (end = start + 1; end < keys.Length && keys[end] == keys[start]; end++)
            {
            }

            // Places ascend with ids.
            Array.Sort(places, start, end - start);
            for (var i = start; i < Math.Min(end, resultIds.Length); i++)
            {
                resultIds[i] = ids[places[i]];
                resultScores[i] = scores[places[i]];
            }
        }
    }
}
