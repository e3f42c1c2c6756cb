namespace PluginLens.Toolkit;

/// <summary>Arithmetic of sets of token ids, as top-k lists give them.</summary>
public static class TokenSets
{
    /// <summary>How many ids two lists share.</summary>
    /// <param name="first">Distinct ids.</param>
    /// <param name="second">Distinct ids.</param>
    public static int Overlap(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var set = new HashSet<int>(first.Length);
        foreach (var id in first)
        {
            set.Add(id);
        }

        var shared = 0;
        foreach (var id in second)
        {
            shared += set.Contains(id) ? 1 : 0;
        }

        return shared;
    }

    /// <summary>Jaccard index: shared ids over all ids, 0 to 1; 0 for two empty lists.</summary>
    /// <param name="first">Distinct ids.</param>
    /// <param name="second">Distinct ids.</param>
    public static double Jaccard(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var shared = Overlap(first, second);
        var all = first.Length + second.Length - shared;
        return all == 0 ? 0 : shared / (double)all;
    }

    /// <summary>Mean Jaccard index over all pairs of lists, of which only those that share an id are visited.</summary>
    /// <param name="lists">Two or more lists of distinct ids.</param>
    public static double MeanJaccard(IReadOnlyList<int[]> lists)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(lists.Count, 2);
        var (holders, shared, sum) = (new Dictionary<int, List<int>>(), new int[lists.Count], 0.0);
        foreach (var (at, list) in lists.Index())
        {
            var met = new List<int>();
            foreach (var id in list)
            {
                var earlier = holders.TryGetValue(id, out var known) ? known : holders[id] = [];
                foreach (var other in earlier)
                {
                    if (shared[other]++ == 0)
                    {
                        met.Add(other);
                    }
                }

                earlier.Add(at);
            }

            foreach (var other in met)
            {
                sum += shared[other] / (double)(list.Length + lists[other].Length - shared[other]);
                shared[other] = 0;
            }
        }

        return sum / (lists.Count * (lists.Count - 1.0) / 2);
    }
}
