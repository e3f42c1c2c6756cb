namespace PluginLens.Toolkit;

/// <summary>Puts a note together from clauses, so that each stands on a line of its own in the source.</summary>
public static class NoteLine
{
    /// <summary>The clauses that there are, joined by semicolons.</summary>
    /// <param name="clauses">In order; null and empty ones are left out.</param>
    public static string Of(params IEnumerable<string?> clauses) => string.Join("; ", clauses.Where(clause => !string.IsNullOrEmpty(clause)));
}
