namespace PluginLens.Hub;

/// <summary>The user stopped a download; the message says how it goes on.</summary>
public sealed class DownloadStoppedException : OperationCanceledException
{
    /// <summary>The message for a download that was stopped.</summary>
    public DownloadStoppedException()
        : base("Stopped; what was fetched is kept, and the same command goes on from there.")
    {
    }

    /// <summary>Another message.</summary>
    /// <param name="message">One line.</param>
    public DownloadStoppedException(string message)
        : base(message)
    {
    }

    /// <summary>Another message, and what stopped it.</summary>
    /// <param name="message">One line.</param>
    /// <param name="innerException">The cause.</param>
    public DownloadStoppedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
