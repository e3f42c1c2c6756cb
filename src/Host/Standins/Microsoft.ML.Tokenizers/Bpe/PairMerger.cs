namespace Microsoft.ML.Tokenizers;

/// <summary>Merges symbols, lowest rank first and leftmost among equals, until no pair of neighbours merges.</summary>
internal static class PairMerger
{
    /// <summary>Longest input for which shifting an array beats a queue.</summary>
    internal const int ShortLength = 48;

    /// <summary>Stands where a symbol was merged into the one before it; -1 is a symbol outside the vocabulary.</summary>
    private const int Removed = int.MinValue;

    /// <param name="table">Which pairs merge.</param>
    /// <param name="ids">Symbols, <c>[n]</c>; holds the merged ones afterwards.</param>
    /// <param name="starts">Where each symbol begins in the text, <c>[n]</c>; kept in step.</param>
    /// <returns>How many symbols are left at the front of <paramref name="ids"/>.</returns>
    public static int Merge(PairTable table, Span<int> ids, Span<int> starts) =>
        ids.Length <= ShortLength ? MergeShort(table, ids, starts) : MergeLong(table, ids, starts);

    /// <summary>The plain form: look for the best pair, merge, repeat. Quadratic.</summary>
    internal static int MergeShort(PairTable table, Span<int> ids, Span<int> starts)
    {
        var count = ids.Length;
        Span<long> pairs = count <= ShortLength ? stackalloc long[ShortLength] : new long[count];
        for (var i = 0; i + 1 < count; i++)
            pairs[i] = table.Find(ids[i], ids[i + 1]);

        while (count > 1)
        {
            var best = 0;
            for (var i = 1; i + 1 < count; i++)
            {
                if (pairs[i] >> 32 < pairs[best] >> 32)
                    best = i;
            }

            if (pairs[best] == PairTable.None)
                break;
            ids[best] = (int)pairs[best];
            ids[(best + 2)..count].CopyTo(ids[(best + 1)..]);
            starts[(best + 2)..count].CopyTo(starts[(best + 1)..]);
            pairs[(best + 1)..count].CopyTo(pairs[best..]);
            count--;
            if (best + 1 < count)
                pairs[best] = table.Find(ids[best], ids[best + 1]);
            if (best > 0)
                pairs[best - 1] = table.Find(ids[best - 1], ids[best]);
        }

        return count;
    }

    /// <summary>The same with a queue of pairs and a linked list of symbols: n log n.</summary>
    internal static int MergeLong(PairTable table, Span<int> ids, Span<int> starts)
    {
        var count = ids.Length;
        var next = new int[count];
        var previous = new int[count];
        var queue = new PriorityQueue<(int Position, long Merge), ulong>();
        for (var i = 0; i < count; i++)
        {
            next[i] = i + 1;
            previous[i] = i - 1;
        }

        for (var i = 0; i + 1 < count; i++)
            Enqueue(queue, i, table.Find(ids[i], ids[i + 1]));

        while (queue.TryDequeue(out var pair, out _))
        {
            var (left, merge) = pair;
            var right = ids[left] == Removed ? count : next[left];

            // The symbols may have changed since the pair was queued; their present pair has its own entry.
            if (right >= count || table.Find(ids[left], ids[right]) != merge)
                continue;
            ids[left] = (int)merge;
            ids[right] = Removed;
            next[left] = next[right];
            if (next[left] < count)
            {
                previous[next[left]] = left;
                Enqueue(queue, left, table.Find(ids[left], ids[next[left]]));
            }

            if (previous[left] >= 0)
                Enqueue(queue, previous[left], table.Find(ids[previous[left]], ids[left]));
        }

        var kept = 0;
        for (var i = 0; i < count; i = next[i])
        {
            starts[kept] = starts[i];
            ids[kept++] = ids[i];
        }

        return kept;
    }

    private static void Enqueue(PriorityQueue<(int Position, long Merge), ulong> queue, int position, long merge)
    {
        if (merge != PairTable.None)
            queue.Enqueue((position, merge), ((ulong)(merge >> 32) << 32) | (uint)position);
    }
}
