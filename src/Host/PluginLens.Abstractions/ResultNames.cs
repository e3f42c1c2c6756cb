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

    /// <summary>Names that Windows keeps for devices, whatever the extension.</summary>
    private static readonly HashSet<string> Devices = new(
        [.. "CON PRN AUX NUL CONIN$ CONOUT$".Split(' '), .. Enumerable.Range(0, 10).SelectMany(number => new[] { $"COM{number}", $"LPT{number}" })], StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a name stays in the folder where it is used, and can be used on every system.</summary>
    /// <param name="name">Any text.</param>
    public static bool IsFileName(string name) => name.Length is > 0 and <= 200
        && !name.StartsWith('.') && !name.EndsWith('.') && !name.EndsWith(' ') && !name.StartsWith(' ')
        && !name.Any(character => char.IsControl(character) || char.IsSurrogate(character) || "/\\:*?\"<>|".Contains(character, StringComparison.Ordinal))
        && !Devices.Contains(name.Split('.')[0].TrimEnd(' '));

    /// <summary>Whether a file's name is one of those that a run folder uses itself: run.json, resume.json, the files of tables.</summary>
    /// <param name="name">A file name.</param>
    public static bool IsTaken(string name) => name.Equals("run.json", StringComparison.OrdinalIgnoreCase) || name.StartsWith("resume.json", StringComparison.OrdinalIgnoreCase)
        || name.Equals("figures", StringComparison.OrdinalIgnoreCase) || name.Equals("report.html", StringComparison.OrdinalIgnoreCase);

    /// <summary>The table, if any, whose file in a run folder has this name.</summary>
    /// <param name="name">A file name.</param>
    public static string? TableOf(string name) => new[] { ".incomplete.csv", ".csv", ".parquet", ".xlsx" }.Where(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).Select(ending => name[..^ending.Length].ToLowerInvariant()).FirstOrDefault();
}
