namespace PluginLens.Tokenizers.Normalizing;

/// <summary>Unicode's lower case, character by character.</summary>
internal static class LowerCase
{
    /// <summary>The dotted capital I is the one character whose lower case is two.</summary>
    public static string Apply(string text) => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);
}
