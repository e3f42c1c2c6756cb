namespace PluginLens;

/// <summary>A model, tokenizer or input that is not what it should be. The message is one line for the user; exit code 2.</summary>
public sealed class ModelException : Exception
{
    /// <summary>An empty message; use the other constructors.</summary>
    public ModelException()
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line; line ends inside (of names in damaged files) become spaces.</param>
    public ModelException(string message)
        : base(OneLine(message))
    {
    }

    /// <summary>Says what was expected, what was found and what to do.</summary>
    /// <param name="message">One line; line ends inside (of names in damaged files) become spaces.</param>
    /// <param name="innerException">What the lower layer said.</param>
    public ModelException(string message, Exception innerException)
        : base(OneLine(message), innerException)
    {
    }

    private static string OneLine(string? message) => message?.ReplaceLineEndings(" ") ?? string.Empty;
}
