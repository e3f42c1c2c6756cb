namespace PluginLens.Hub;

/// <summary>A failure of the way to the hub that another try may not meet. Where nobody tries again, it is what the user is told.</summary>
/// <param name="message">One line: what happened, and what to do.</param>
/// <param name="retryAfter">How long the hub asks to wait.</param>
/// <param name="isUnreachable">Whether there was no connection at all.</param>
/// <param name="inner">What the lower layer said.</param>
internal sealed class TransferException(string message, TimeSpan? retryAfter = null, bool isUnreachable = false, Exception? inner = null) : IOException(message.ReplaceLineEndings(" "), inner)
{
    /// <summary>How long the hub asks to wait, where it does.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether there was no connection at all.</summary>
    public bool IsUnreachable { get; } = isUnreachable;
}
