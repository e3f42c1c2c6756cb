namespace PluginLens;

/// <summary>White space of Python's <c>str.strip</c>, with which the authors' code compares texts. <see cref="string.Trim()"/> leaves U+001C to U+001F.</summary>
public static class WhiteSpace
{
    /// <summary>A text without the white space around it.</summary>
    /// <param name="text">Any text.</param>
    public static string Strip(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (start, end) = (0, text.Length);
        while (start < end && Is(text[start]))
        {
            start++;
        }

        while (end > start && Is(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>Beside what .NET calls white space, the four separators of files, groups, records and units.</summary>
    private static bool Is(char character) => char.IsWhiteSpace(character) || character is >= '\u001c' and <= '\u001f';
}
