namespace PluginLens.Toolkit;

/// <summary>
/// Works on several items at once and hands the results over in order. A forward pass uses one thread, so that its numbers do not depend on how many there are;
/// this is how an analysis of many prompts uses all of them.
/// </summary>
public static class InOrder
{
    /// <summary>What results that nobody has taken yet may weigh together; one item is always under way.</summary>
    private const long MostBytes = 1L << 30;

    /// <summary>One result after the other; those that follow are computed meanwhile.</summary>
    /// <param name="context">Says how many threads there are, and when to stop.</param>
    /// <param name="count">Items.</param>
    /// <param name="make">Makes the result of an item; runs beside others, in any order.</param>
    /// <param name="bytes">About what a result weighs in memory.</param>
    public static IEnumerable<T> Of<T>(AnalysisContext context, int count, Func<int, T> make, Func<int, long> bytes)
    {
        var (ahead, next, weight) = (new Queue<(Task<T> Task, long Bytes)>(), 0, 0L);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        try
        {
            for (var index = 0; index < count; index++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                for (; next < count && ahead.Count < context.Compute.Threads && (ahead.Count == 0 || weight + bytes(next) <= MostBytes); next++)
                {
                    var item = next;
                    ahead.Enqueue((Task.Run(() => make(item), stop.Token), bytes(item)));
                    weight += bytes(item);
                }

                var (task, size) = ahead.Dequeue();
                yield return task.GetAwaiter().GetResult();
                weight -= size;
            }
        }
        finally
        {
            Stop(stop, [.. ahead.Select(entry => entry.Task)]);
        }
    }

    /// <summary>One result after the other, for items that use all threads themselves: the next is made while the caller works on the last, so that no thread waits where one of them cannot use all.</summary>
    /// <param name="context">Says how many threads there are, and when to stop; with one thread nothing is made ahead.</param>
    /// <param name="count">Items.</param>
    /// <param name="make">Makes the result of an item, one at a time and in order; it may reuse what the item before the last was made of.</param>
    public static IEnumerable<T> OneAhead<T>(AnalysisContext context, int count, Func<int, T> make)
    {
        if (context.Compute.Threads == 1)
        {
            foreach (var index in Enumerable.Range(0, count))
            {
                yield return make(index);
            }

            yield break;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Cancellation);
        Task<T>? next = null;
        try
        {
            for (var index = 0; index < count; index++)
            {
                var item = index + 1;
                var made = next is null ? make(index) : next.GetAwaiter().GetResult();
                next = item < count ? Task.Run(() => make(item), stop.Token) : null;
                yield return made;
            }
        }
        finally
        {
            Stop<T>(stop, next is null ? [] : [next]);
        }
    }

    // Nothing goes on behind the caller's back: the model may be closed next.
    private static void Stop<T>(CancellationTokenSource stop, Task<T>[] tasks)
    {
        stop.Cancel();
        Task.WhenAll(tasks).ContinueWith(done => done.Exception, TaskScheduler.Default).Wait();
    }
}
