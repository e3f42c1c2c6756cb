namespace PluginLens.Toolkit;

/// <summary>What is flagged and stays: tokens of a large norm, and lists whose tokens have a high bias in the logits.</summary>
public sealed class TokenFlags
{
    private readonly WordOptions _options;
    private readonly VocabularyBias? _bias;
    private readonly bool[]? _large;
    private readonly bool _lists;

    /// <summary>Judges the vocabulary once.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Thresholds, and whether flags are asked for.</param>
    /// <param name="lists">Whether lists are flagged though nobody asked.</param>
    public TokenFlags(Model model, WordOptions options, bool lists = false)
    {
        (_options, _lists) = (options, lists || options.Flags);
        _bias = _lists && model.HasWeight("unembed.W_U") ? new VocabularyBias(model) : null;
        _large = options.Flags ? options.LargeNorms(model) : null;
    }

    /// <summary>What cannot be flagged, and how many tokens are, for notes.</summary>
    public string Description => NoteLine.Of(
        !_lists ? null : _bias is null ? "no unembedding, so no list is flagged" : _bias.IsZero ? "no bias in the logits, so no list is flagged" : null,
        _large is null ? null : FormattableString.Invariant($"{_large.Count(large => large)} of {_large.Length} tokens have a large norm (above {_options.LargeNorm} x the median)"));

    /// <summary>Whether a list is made of tokens with a high or low bias in the logits; null where nobody asked or the model has no unembedding.</summary>
    /// <param name="ids">The tokens of the list.</param>
    public bool? IsHighBias(ReadOnlySpan<int> ids) => _bias?.IsHigh(ids, _options.HighBias);

    /// <summary>Whether a token has a large norm; null where nobody asked.</summary>
    /// <param name="id">Token id.</param>
    public bool? IsLargeNorm(int id) => _large?[id];

    /// <summary>What it costs.</summary>
    /// <param name="config">The model.</param>
    /// <param name="options">Whether flags are asked for.</param>
    public static Cost CostOf(ModelConfig config, WordOptions options) =>
        options.Flags ? new Cost(4.0 * config.DVocab * config.DModel, 4.0 * sizeof(double) * config.DVocab) : Costs.None;
}
