namespace PluginLens.Host;

/// <summary>What an exception of another process said of itself, stack trace included.</summary>
/// <param name="said">Everything.</param>
internal sealed class IsolatedException(string said) : Exception(said)
{
    /// <inheritdoc/>
    public override string ToString() => Message;
}
