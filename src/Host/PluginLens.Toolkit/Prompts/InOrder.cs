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
            // Nothing goes on behind the caller's back: the model may be closed next.
            stop.Cancel();
            Task.WhenAll(ahead.Select(entry => entry.Task)).ContinueWith(done => done.Exception, TaskScheduler.Default).Wait();
        }
    }
}
