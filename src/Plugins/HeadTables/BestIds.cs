namespace PluginLens.Plugins.HeadTables;

/// <summary>The few largest of many numbers.</summary>
internal static class BestIds
{
    /// <summary>Places of the largest, in order: value, then lower place.</summary>
    /// <param name="values">Finite numbers.</param>
    /// <param name="count">How many; fewer where there are fewer.</param>
    public static int[] Of(double[] values, int count)
    {
        // The worst of those kept is at the head of the queue: least value, then highest place.
        var kept = new PriorityQueue<int, (double Value, int Place)>();
        for (var id = 0; id < values.Length; id++)
        {
            var priority = (values[id], -id);
            if (kept.Count < count)
            {
                kept.Enqueue(id, priority);
            }
            else if (kept.TryPeek(out _, out var worst) && priority.CompareTo(worst) > 0)
            {
                kept.EnqueueDequeue(id, priority);
            }
        }

        return [.. kept.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)];
    }
}
