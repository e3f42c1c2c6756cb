namespace PluginLens.Plugins.Parameters;

/// <summary>Mean Jaccard index of two lists of equally large sets: shared / (2k - shared).</summary>
internal static class Jaccards
{
    /// <summary>Mean over i of the index of set i with set i.</summary>
    /// <param name="left">Sets of distinct ids, <c>[n][k]</c>.</param>
    /// <param name="right">The same number of sets.</param>
    public static double Corresponding(int[][] left, int[][] right) =>
        left.Zip(right, (first, second) => Index(TokenSets.Overlap(first, second), first.Length, second.Length)).Average();

    /// <summary>The same after one seeded permutation of the right side.</summary>
    /// <param name="left">Sets of distinct ids.</param>
    /// <param name="right">The same number of sets.</param>
    /// <param name="seed">Seed of the permutation.</param>
    public static double Shuffled(int[][] left, int[][] right, int seed)
    {
        var permuted = right.ToArray();
        new Random(seed).Shuffle(permuted);
        return Corresponding(left, permuted);
    }

    /// <summary>Mean over all i and j, by counting shared ids through an index from id to the left sets that hold it.</summary>
    /// <param name="left">Sets of distinct ids, <c>[n][k]</c>.</param>
    /// <param name="right">Sets of distinct ids, <c>[m][k]</c>.</param>
    /// <param name="vocabulary">Number of ids.</param>
    public static double AllPairs(int[][] left, int[][] right, int vocabulary)
    {
        var holders = new List<int>[vocabulary];
        for (var set = 0; set < left.Length; set++)
        {
            foreach (var id in left[set])
            {
                (holders[id] ??= []).Add(set);
            }
        }

        var sum = 0.0;
        var shared = new int[left.Length];
        foreach (var set in right)
        {
            Array.Clear(shared);
            foreach (var id in set)
            {
                foreach (var holder in holders[id] ?? [])
                {
                    shared[holder]++;
                }
            }

            for (var other = 0; other < left.Length; other++)
            {
                sum += shared[other] == 0 ? 0 : Index(shared[other], left[other].Length, set.Length);
            }
        }

        return sum / ((double)left.Length * right.Length);
    }

    private static double Index(int shared, int first, int second) => shared / (double)(first + second - shared);
}
