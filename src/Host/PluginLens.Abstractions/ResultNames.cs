namespace PluginLens;

/// <summary>Names that results may have.</summary>
internal static class ResultNames
{
    /// <summary>Whether a name is small letters, digits and single hyphens between them.</summary>
    /// <param name="name">Any text.</param>
    public static bool IsKebab(string name)
    {
        for (var at = 0; at < name.Length; at++)
        {
            var hyphen = name[at] == '-';
            if ((!hyphen && !char.IsAsciiLetterLower(name[at]) && !char.IsAsciiDigit(name[at]))
                || (hyphen && (at == 0 || at == name.Length - 1 || name[at - 1] == '-')))
            {
                return false;
            }
        }

        return name.Length > 0;
    }

    /// <summary>Whether a name stays in the folder where it is used, on every system.</summary>
    /// <param name="name">Any text.</param>
    public static bool IsFileName(string name) => name.Length > 0 && !name.StartsWith('.') && name.AsSpan().IndexOfAny('/', '\\', ':') < 0;
}
