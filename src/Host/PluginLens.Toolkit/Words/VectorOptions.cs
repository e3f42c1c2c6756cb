namespace PluginLens.Toolkit;

/// <summary>Options of analyses that rank tokens, or pairs of tokens, by products. A base for options records.</summary>
public record VectorOptions : WordOptions
{
    /// <summary>Cosine.</summary>
    [Help("output: divide each score by the length of the token's vector (of a pair: of its output or key), as a cosine does; both: also by the length of what it is multiplied with, in the space of the residual stream. A zero vector scores 0.")]
    public CosineOf Cosine { get; init; }
}
