namespace PluginLens;

/// <summary>An option, prompt or combination that cannot work as asked. The message is one line for the user; exit code 2.</summary>
public sealed class UsageException : Exception
{
    /// <summary>An empty message; use the other constructors.</summary>
    public UsageException()
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line.</param>
    public UsageException(string message)
        : base(message)
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line.</param>
    /// <param name="innerException">What the lower layer said.</param>
    public UsageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
