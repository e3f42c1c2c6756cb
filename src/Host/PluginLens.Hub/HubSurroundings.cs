namespace PluginLens.Hub;

/// <summary>What of the machine a test puts something else in place of.</summary>
internal sealed record HubSurroundings
{
    /// <summary>Waits: before another try, and for another process.</summary>
    public Func<TimeSpan, CancellationToken, Task> Delay { get; init; } = Task.Delay;

    /// <summary>Bytes that are free where a folder lies; null where nobody can tell.</summary>
    public Func<string, long?> FreeBytes { get; init; } = FreeBytesOf;

    /// <summary>The clock that limits how long an answer may take.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    private static long? FreeBytesOf(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
