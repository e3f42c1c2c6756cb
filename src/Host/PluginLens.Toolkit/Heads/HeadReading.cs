namespace PluginLens.Toolkit;

/// <summary>How tokens pass through the matrices of a head.</summary>
public sealed record HeadReading
{
    /// <summary>Which embedding matrix stands on which side.</summary>
    public EmbeddingChoice Embedding { get; init; }

    /// <summary>Whether the head's own biases are added to its projections.</summary>
    public bool Biases { get; init; }

    /// <summary>Whether the gain of the norm before attention is applied to what the head reads, without centring; its bias too where <see cref="Biases"/>.</summary>
    public bool NormGain { get; init; }

    /// <summary>
    /// Whether each token is read under the whole norm before attention (its bias where <see cref="Biases"/>), and outputs through the gain of the final norm, which
    /// takes the mean away where it does so in the model.
    /// </summary>
    public bool Normed { get; init; }

    /// <summary>Whether token rows are normalised.</summary>
    public Normalise Normalise { get; init; }
}
