using System.Globalization;

namespace PluginLens.Toolkit;

/// <summary>A number of things, in words that fit one too.</summary>
public static class Counted
{
    /// <summary><c>1 prompt</c>, <c>2 prompts</c>.</summary>
    /// <param name="count">How many.</param>
    /// <param name="thing">One of them; more get an s.</param>
    public static string Of(long count, string thing) => string.Create(CultureInfo.InvariantCulture, $"{count} {thing}{(count == 1 ? string.Empty : "s")}");
}
