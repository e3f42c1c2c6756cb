namespace PluginLens.Hub.Tests;

/// <summary>A clock on which no time passes until the test says that all of it did.</summary>
internal sealed class ManualTime : TimeProvider
{
    private int _due;

    /// <summary>The next alarm that is put off goes off.</summary>
    public void ElapseSoon() => Interlocked.Exchange(ref _due, 1);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Alarm(this, () => callback(state));

    private sealed class Alarm(ManualTime clock, Action ring) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime != Timeout.InfiniteTimeSpan && Interlocked.Exchange(ref clock._due, 0) == 1)
            {
                ThreadPool.QueueUserWorkItem(_ => ring());
            }

            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
