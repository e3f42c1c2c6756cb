namespace PluginLens;

/// <summary>What goes into one forward pass: rows of equal length, and optionally activations that replace the model's own.</summary>
public sealed record ModelInput
{
    /// <summary>One sequence.</summary>
    /// <param name="tokens">Token ids, <c>[pos]</c>.</param>
    public ModelInput(params int[] tokens)
        : this([tokens], null)
    {
    }

    /// <summary>A batch of sequences of equal length.</summary>
    /// <param name="tokens">Token ids, <c>[batch][pos]</c>.</param>
    /// <param name="attentionMask">1 = read, 0 = padding, <c>[batch][pos]</c>; null = all ones.</param>
    public ModelInput(IReadOnlyList<int[]> tokens, IReadOnlyList<int[]>? attentionMask)
    {
        Tokens = tokens;
        AttentionMask = attentionMask;
    }

    /// <summary>Token ids, <c>[batch][pos]</c>.</summary>
    public IReadOnlyList<int[]> Tokens { get; }

    /// <summary>1 = read, 0 = padding, <c>[batch][pos]</c>; null = all ones.</summary>
    public IReadOnlyList<int[]>? AttentionMask { get; init; }

    /// <summary>Segment of each token (BERT), <c>[batch][pos]</c>; null = all zeros.</summary>
    public IReadOnlyList<int[]>? TokenTypeIds { get; init; }

    /// <summary>Activations by hook name that are fed instead of computed: start at a layer, or patch.</summary>
    public IReadOnlyDictionary<string, Tensor> Replace { get; init; } = new Dictionary<string, Tensor>();

    /// <summary>
    /// Activations by hook name that are fed in part: a number stands in place of the one that the model computes, NaN leaves that as it is. What is fed so must
    /// lead to something that is asked for. Silence a head, patch a position, in each row of a batch another.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> Overlay { get; init; } = new Dictionary<string, Tensor>();
}
