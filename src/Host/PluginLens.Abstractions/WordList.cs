namespace PluginLens;

/// <summary>Words that an option names by a file, one a line; the host reads the file. Compared stripped and lower-case.</summary>
public sealed class WordList
{
    private readonly HashSet<string> _words;

    /// <summary>A list.</summary>
    /// <param name="name">Where it comes from, for provenance.</param>
    /// <param name="words">The words; blank ones are left out.</param>
    public WordList(string name, IEnumerable<string> words)
    {
        Name = name;
        _words = [.. words.Select(Normal).Where(word => word.Length > 0)];
    }

    /// <summary>Where it comes from.</summary>
    public string Name { get; }

    /// <summary>Number of different words.</summary>
    public int Count => _words.Count;

    /// <summary>Whether a text is on the list.</summary>
    /// <param name="text">Any text; surrounding white space and case do not count.</param>
    public bool Contains(string text) => _words.Contains(Normal(text));

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static string Normal(string text) => WhiteSpace.Strip(text).ToLowerInvariant();
}
