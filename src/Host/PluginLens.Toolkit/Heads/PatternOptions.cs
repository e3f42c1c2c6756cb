namespace PluginLens.Toolkit;

/// <summary>Options of analyses that read the patterns of a text's tokens. A base for options records.</summary>
public record PatternOptions : ListOptions
{
    /// <summary>Side.</summary>
    [Help("key: which tokens would attend to this one, (x W_K + b_K) W_Q^T; query: what it looks for, (x W_Q + b_Q) W_K^T.")]
    public PatternSide Side { get; init; } = PatternSide.Key;

    /// <summary>Score.</summary>
    [Help("cosine or dot: how a pattern is compared with the rows of the vocabulary.")]
    public Similarity Score { get; init; }

    /// <summary>What is normed.</summary>
    [Help("vocabulary: under the norm before the layer's heads; pattern: under the final norm, bias included, against the raw vocabulary; none: nothing.")]
    public NormOn Norm { get; init; }

    /// <summary>Input.</summary>
    [Help("normed: what the heads read; raw: the layer's input before its norm.")]
    public PatternInput Input { get; init; }

    /// <summary>Biases.</summary>
    [Help("Leave b_K (or b_Q) out.")]
    public bool NoBias { get; init; }

    /// <summary>Rotary offset.</summary>
    [Help("Rotary models: the pattern for a query this many positions after its key; empty = before the rotation.")]
    public int? Offset { get; init; }

    /// <summary>Refuses what the model cannot give.</summary>
    /// <param name="model">The model.</param>
    /// <exception cref="UsageException">The model has no rotary positions or no final norm, or norms q and k.</exception>
    public void Check(Model model)
    {
        if (Offset is not null && model.Config.RotaryDim == 0)
        {
            throw new UsageException($"--offset: model '{model.Config.Name}' has no rotary positions; leave the option out.");
        }

        if (Norm == NormOn.Pattern && ModelNorm.Final(model) is null)
        {
            throw new UsageException($"--norm pattern: model '{model.Config.Name}' has no final norm; use vocabulary or none.");
        }

        if (NoBias && Input == PatternInput.Normed && model.Config.Traits.Contains(Trait.QkNorm))
        {
            throw new UsageException($"--no-bias: model '{model.Config.Name}' norms q and k, so a bias cannot be taken off again; use --input raw or leave the option out.");
        }
    }
}
