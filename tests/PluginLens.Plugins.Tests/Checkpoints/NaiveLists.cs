namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Sorted lists as they are defined, and the comparison of a plugin's lists with them.</summary>
internal static class NaiveLists
{
    /// <summary>Two scores nearer than this share of the largest one may be listed in either order.</summary>
    private const double Rounding = 2e-6;

    /// <summary>The k best ids: score, then lower id.</summary>
    /// <param name="scores">One for each id.</param>
    /// <param name="k">How many.</param>
    /// <param name="keep">Which take part; null = all.</param>
    public static int[] Top(double[] scores, int k, Func<int, bool>? keep = null)
    {
        int[] ids = [.. Enumerable.Range(0, scores.Length).Where(id => keep is null || keep(id))];
        Array.Sort(ids, (x, y) => scores[x] != scores[y] ? scores[y].CompareTo(scores[x]) : x.CompareTo(y));
        return ids[..Math.Min(k, ids.Length)];
    }

    /// <summary>The list is the naive one: equal ids, but for neighbours nearer than rounding.</summary>
    /// <param name="found">Ids, best first.</param>
    /// <param name="scores">The naive score of each id.</param>
    /// <param name="k">Length asked for.</param>
    /// <param name="what">What it is a list of.</param>
    /// <param name="keep">Which ids take part; null = all.</param>
    /// <param name="foundScores">Scores listed beside them; null = none.</param>
    /// <param name="rounding">The share of the largest score within which scores are equal: more where float32 forward passes come first.</param>
    public static void AssertTop(IEnumerable<int> found, double[] scores, int k, string what, Func<int, bool>? keep = null, IEnumerable<double>? foundScores = null, double rounding = Rounding)
    {
        var expected = Top(scores, k, keep);
        var tolerance = rounding * scores.Max(Math.Abs);
        int[] ids = [.. found];
        double[] listed = foundScores is null ? Array.ConvertAll(ids, id => scores[id]) : [.. foundScores];
        Assert.That(ids, Has.Length.EqualTo(expected.Length), what);
        Assert.That(ids.Distinct().Count(id => keep is null || keep(id)), Is.EqualTo(ids.Length), $"{what}: an id is listed twice or does not take part");
        for (var rank = 0; rank < ids.Length; rank++)
        {
            // Plain comparisons: there are a million of them.
            if (!(Math.Abs(scores[ids[rank]] - scores[expected[rank]]) <= tolerance && Math.Abs(listed[rank] - scores[ids[rank]]) <= tolerance))
            {
                Assert.Fail($"{what}: rank {rank + 1} is {ids[rank]} with {listed[rank]:R}, expected {expected[rank]} with {scores[expected[rank]]:R}.");
            }
        }
    }

    /// <summary>The pairs are the k best entries of a matrix, by the same rule.</summary>
    /// <param name="found">Row, column and score, best first.</param>
    /// <param name="matrix">All entries.</param>
    /// <param name="k">Length asked for.</param>
    /// <param name="keep">Rows and columns that take part.</param>
    public static void AssertTopPairs(IEnumerable<(int Row, int Column, double Score)> found, double[][] matrix, int k, Func<int, bool> keep)
    {
        var width = matrix[0].Length;
        var best = new PriorityQueue<int, double>();
        var largest = 0.0;
        for (var row = 0; row < matrix.Length; row++)
        {
            for (var column = 0; column < width && keep(row); column++)
            {
                largest = Math.Max(largest, Math.Abs(matrix[row][column]));
                if (!keep(column) || (best.Count == k && best.TryPeek(out _, out var least) && least >= matrix[row][column]))
                {
                    continue;
                }

                best.Enqueue((row * width) + column, matrix[row][column]);
                if (best.Count > k)
                {
                    best.Dequeue();
                }
            }
        }

        (int Row, int Column, double Score)[] pairs = [.. found];
        double[] expected = [.. best.UnorderedItems.Select(item => item.Priority).OrderDescending()];
        Assert.That(pairs.Select(pair => (pair.Row, pair.Column)), Is.Unique);
        Assert.That(pairs, Is.All.Matches<(int Row, int Column, double Score)>(pair => keep(pair.Row) && keep(pair.Column)));
        Assert.That(pairs.Select(pair => pair.Score), Is.EqualTo(expected).Within(Rounding * largest), "scores");
        Assert.That(pairs.Select(pair => matrix[pair.Row][pair.Column]), Is.EqualTo(expected).Within(Rounding * largest), "pairs");
    }
}
