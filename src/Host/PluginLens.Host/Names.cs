using System.Text;

namespace PluginLens.Host;

/// <summary>From .NET's casing to the casing of options (kebab-case) and columns (snake_case).</summary>
public static class Names
{
    /// <summary><c>OnlyAscii</c> to <c>only-ascii</c>.</summary>
    /// <param name="identifier">A property or enum member.</param>
    public static string Kebab(string identifier) => Separate(identifier, '-');

    /// <summary><c>OnlyAscii</c> to <c>only_ascii</c>.</summary>
    /// <param name="identifier">A property or enum member.</param>
    public static string Snake(string identifier) => Separate(identifier, '_');

    /// <summary>Whether a name is small letters, digits and single hyphens between them.</summary>
    /// <param name="name">Any text.</param>
    public static bool IsKebab(string name) => ResultNames.IsKebab(name);

    private static string Separate(string identifier, char separator)
    {
        var text = new StringBuilder(identifier.Length + 8);
        for (var at = 0; at < identifier.Length; at++)
        {
            // A word starts at a capital after a small letter or digit, and at the last capital of a run (HTMLPage: html-page).
            var starts = at > 0 && char.IsUpper(identifier[at])
                && (!char.IsUpper(identifier[at - 1]) || (at + 1 < identifier.Length && char.IsLower(identifier[at + 1])));
            if (starts && identifier[at - 1] != '_')
            {
                text.Append(separator);
            }

            text.Append(identifier[at] == '_' ? separator : char.ToLowerInvariant(identifier[at]));
        }

        return text.ToString();
    }
}
