using System.Runtime.InteropServices;

namespace PluginLens.Numerics.Search;

/// <summary>Gives merged rows back: every pair of distinct rows stands for all pairs of rows equal to them.</summary>
internal static class EqualRows
{
    /// <summary>The first k pairs of rows, in order.</summary>
    /// <param name="pairs">The best pairs of distinct rows in order; at least k, or all. Row and column are first members.</param>
    /// <param name="a">Left factor.</param>
    /// <param name="b">Right factor.</param>
    /// <param name="k">How many.</param>
    public static List<ScoredPair> Expand(List<ScoredPair> pairs, PairSide a, PairSide b, long k)
    {
        if (a.Count == a.MemberCount && b.Count == b.MemberCount)
        {
            return pairs;
        }

        var rowGroups = Places(a);
        var columnGroups = Places(b);
        var result = new List<ScoredPair>();
        for (int start = 0, end; start < pairs.Count && result.Count < k; start = end)
        {
            for (end = start + 1; end < pairs.Count && pairs[end].Score == pairs[start].Score; end++)
            {
            }

            var tied = CollectionsMarshal.AsSpan(pairs)[start..end];
            ExpandTied(tied, a, b, rowGroups, columnGroups, k - result.Count, result);
        }

        return result;
    }

    // Row by row in ascending order over all groups at once, so that what is made never exceeds what is asked for.
    private static void ExpandTied(ReadOnlySpan<ScoredPair> tied, PairSide a, PairSide b, int[] rowGroups, int[] columnGroups, long room, List<ScoredPair> result)
    {
        var columns = new Dictionary<int, List<int>>();
        foreach (var pair in tied)
        {
            var group = rowGroups[pair.Row];
            if (!columns.TryGetValue(group, out var list))
            {
                columns.Add(group, list = []);
            }

            var members = b.Members(columnGroups[pair.Column]);
            list.AddRange(members[..(int)Math.Min(members.Length, room)]);
        }

        var next = new PriorityQueue<(int Group, int Place), int>();
        foreach (var (group, list) in columns)
        {
            list.Sort();
            next.Enqueue((group, 0), a.Members(group)[0]);
        }

        while (room > 0 && next.TryDequeue(out var at, out var row))
        {
            foreach (var column in columns[at.Group])
            {
                if (room-- == 0)
                {
                    return;
                }

                result.Add(new ScoredPair(row, column, tied[0].Score));
            }

            if (at.Place + 1 < a.Members(at.Group).Length)
            {
                next.Enqueue((at.Group, at.Place + 1), a.Members(at.Group)[at.Place + 1]);
            }
        }
    }

    private static int[] Places(PairSide side)
    {
        var places = new int[side.Data.Rows];
        for (var i = 0; i < side.Count; i++)
        {
            places[side.Rows[i]] = i;
        }

        return places;
    }
}
