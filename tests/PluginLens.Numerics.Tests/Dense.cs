namespace PluginLens.Numerics.Tests;

/// <summary>The naive twins: everything formed, everything sorted, in float64.</summary>
internal static class Dense
{
    public static double[][] Rows(Matrix matrix)
    {
        var row = new float[matrix.Columns];
        return [.. Enumerable.Range(0, matrix.Rows).Select(i =>
        {
            matrix.CopyRow(i, row);
            return Array.ConvertAll(row, value => (double)value);
        })];
    }

    public static double Dot(double[] a, double[] b)
    {
        // The order of summation that the kernels promise: sixteen lanes, added pairwise.
        var lanes = new double[16];
        for (var i = 0; i < a.Length; i++)
        {
            lanes[i % 16] += a[i] * b[i];
        }

        var four = new double[4];
        for (var i = 0; i < 4; i++)
        {
            four[i] = (lanes[i] + lanes[i + 4]) + (lanes[i + 8] + lanes[i + 12]);
        }

        return (four[0] + four[2]) + (four[1] + four[3]);
    }

    public static List<ScoredPair> TopPairs(Matrix a, Matrix b, PairQuery query)
    {
        double[][] left = Rows(a), right = Rows(b);
        var all = new List<ScoredPair>();
        for (var i = 0; i < left.Length; i++)
        {
            for (var j = 0; j < right.Length; j++)
            {
                if (query.KeepRows?[i] != false && query.KeepColumns?[j] != false &&
                    (query.RowClasses is null || query.RowClasses[i] != query.ColumnClasses![j]))
                {
                    all.Add(new ScoredPair(i, j, Dot(left[i], right[j])));
                }
            }
        }

        // Stable: equal scores stay in (row, column) order.
        var sorted = query.Smallest ? all.OrderBy(pair => pair.Score) : all.OrderByDescending(pair => pair.Score);
        return [.. sorted.Take(query.K)];
    }

    public static (int[] Ids, double[] Scores) TopRow(double[] x, double[][] b, RowQuery query)
    {
        var scored = Enumerable.Range(0, b.Length).Where(j => query.Keep?[j] != false)
            .Select(j => (Id: j, Score: (Dot(x, b[j]) * (query.Scale?[j] ?? 1.0)) + (query.Bias?[j] ?? 0.0)));
        var sorted = query.Order switch
        {
            RowOrder.Largest => scored.OrderByDescending(entry => entry.Score),
            RowOrder.Smallest => scored.OrderBy(entry => entry.Score),
            _ => scored.OrderByDescending(entry => Math.Abs(entry.Score)),
        };
        var top = sorted.Take(query.K).ToArray();
        return ([.. top.Select(entry => entry.Id)], [.. top.Select(entry => entry.Score)]);
    }
}
