namespace PluginLens.Host;

/// <summary>A plugin that cannot be found, loaded or run to its end. The message is one line for the user.</summary>
public sealed class PluginException : Exception
{
    /// <summary>An empty message; use the other constructors.</summary>
    public PluginException()
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line.</param>
    public PluginException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line.</param>
    /// <param name="innerException">What the plugin or a lower layer said.</param>
    public PluginException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>2 for a plugin that cannot be used as it is, 1 for one whose own code threw.</summary>
    public int ExitCode { get; init; } = Host.ExitCode.Usage;
}
