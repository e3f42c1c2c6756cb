namespace PluginLens.Toolkit;

/// <summary>Says which tokens count as words and what products with them are divided by.</summary>
public static class ComparisonNote
{
    /// <summary>A clause for a note; empty where nothing was asked for.</summary>
    /// <param name="options">The options.</param>
    public static string Of(WordOptions options) => NoteLine.Of(
        options.BpeFilter == BpeFilter.None ? null : options is ListOptions { Pool: { } pool } ? $"{Kebab(options.BpeFilter)} tokens of the {pool} best" : $"{Kebab(options.BpeFilter)} tokens",
        options.Center ? "tokens minus their mean over the vocabulary" : null,
        (options as VectorOptions)?.Cosine switch
        {
            CosineOf.Output => "divided by the length of the output",
            CosineOf.Both => "divided by the lengths of both sides",
            _ => null,
        });

    private static string Kebab(BpeFilter filter) => filter switch
    {
        BpeFilter.RoundTrip => "round-trip",
        BpeFilter.LeadingSpace => "leading-space",
        _ => "alpha",
    };
}
