using System.Runtime.ExceptionServices;

namespace PluginLens.Numerics;

/// <summary>Runs the same work on several threads, the caller's among them.</summary>
internal static class Workers
{
    /// <summary>Runs and waits for all; the first exception stops the others by way of their token and is thrown on.</summary>
    /// <param name="threads">How many.</param>
    /// <param name="cancellation">From outside.</param>
    /// <param name="work">Gets the token to watch.</param>
    public static void Run(int threads, CancellationToken cancellation, Action<CancellationToken> work)
    {
        cancellation.ThrowIfCancellationRequested();
        if (threads <= 1)
        {
            work(cancellation);
            return;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Exception? first = null;
        void Guarded()
        {
            try
            {
                work(stop.Token);
            }
            catch (Exception exception)
            {
                Interlocked.CompareExchange(ref first, exception, null);
                stop.Cancel();
            }
        }

        var others = new Thread[threads - 1];
        for (var i = 0; i < others.Length; i++)
        {
            others[i] = new Thread(Guarded) { IsBackground = true, Name = $"compute {i + 1}" };
            others[i].Start();
        }

        Guarded();
        foreach (var other in others)
        {
            other.Join();
        }

        cancellation.ThrowIfCancellationRequested();
        if (first is not null)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <summary>Deals out numbered items to threads, each to whoever is free.</summary>
    /// <param name="threads">At most so many.</param>
    /// <param name="count">Items.</param>
    /// <param name="cancellation">Watched between items.</param>
    /// <param name="item">One item.</param>
    public static void ForEach(int threads, int count, CancellationToken cancellation, Action<int> item)
    {
        var next = -1;
        Run(Math.Min(threads, count), cancellation, token =>
        {
            for (var i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                token.ThrowIfCancellationRequested();
                item(i);
            }
        });
    }
}
