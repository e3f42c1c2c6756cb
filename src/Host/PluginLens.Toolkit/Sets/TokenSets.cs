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
}
