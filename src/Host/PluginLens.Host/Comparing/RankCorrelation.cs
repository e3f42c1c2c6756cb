namespace PluginLens.Host;

/// <summary>Spearman's: the correlation of ranks, equal values sharing the mean of theirs.</summary>
internal static class RankCorrelation
{
    /// <summary>Of two columns; null below three rows, or where one of them is all equal.</summary>
    /// <param name="a">Values.</param>
    /// <param name="b">Values of the same rows.</param>
    public static double? Of(double[] a, double[] b)
    {
        if (a.Length < 3)
        {
            return null;
        }

        var (ranksA, ranksB, mean) = (Ranks(a), Ranks(b), (a.Length + 1) / 2.0);
        var (cross, squareA, squareB) = (0.0, 0.0, 0.0);
        for (var row = 0; row < a.Length; row++)
        {
            var (x, y) = (ranksA[row] - mean, ranksB[row] - mean);
            (cross, squareA, squareB) = (cross + (x * y), squareA + (x * x), squareB + (y * y));
        }

        return squareA > 0 && squareB > 0 ? Math.Clamp(cross / Math.Sqrt(squareA * squareB), -1, 1) : null;
    }

    private static double[] Ranks(double[] values)
    {
        var order = Enumerable.Range(0, values.Length).ToArray();
        Array.Sort(values.ToArray(), order);
        var ranks = new double[values.Length];
        for (var first = 0; first < order.Length;)
        {
            var last = first;
            while (last + 1 < order.Length && values[order[last + 1]].Equals(values[order[first]]))
            {
                last++;
            }

            for (var at = first; at <= last; at++)
            {
                ranks[order[at]] = ((first + last) / 2.0) + 1;
            }

            first = last + 1;
        }

        return ranks;
    }
}
