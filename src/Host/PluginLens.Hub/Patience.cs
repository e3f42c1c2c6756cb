namespace PluginLens.Hub;

/// <summary>How often a thing is tried again, and how long is waited between: 1, 2, 4, 8, 16 seconds, or as long as the hub asks for.</summary>
/// <param name="delay">Waits.</param>
internal sealed class Patience(Func<TimeSpan, CancellationToken, Task> delay)
{
    private const int MostTries = 5;
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);
    private int _failures;

    /// <summary>Waits before another try, or throws what failed where there was enough of that.</summary>
    /// <param name="failure">What failed.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task AfterAsync(TransferException failure, CancellationToken cancellation)
    {
        var wait = failure.RetryAfter ?? TimeSpan.FromSeconds(1 << _failures);
        if (++_failures > MostTries || wait > LongestWait)
        {
            throw failure;
        }

        await delay(wait, cancellation).ConfigureAwait(false);
    }

    /// <summary>Something came after all: the next failure is a first one.</summary>
    public void Renew() => _failures = 0;
}
