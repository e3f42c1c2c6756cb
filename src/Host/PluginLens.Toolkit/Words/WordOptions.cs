namespace PluginLens.Toolkit;

/// <summary>
/// Options of every analysis that ranks tokens: which of them count as words, what they are compared with, what is flagged. A base for options records. Flags are
/// columns of their own only with <see cref="Flags"/>: most lists are read by eye, and a table of several lists would grow by two columns for each.
/// </summary>
public record WordOptions : TokenFilter
{
    /// <summary>Filter of word pieces.</summary>
    [Help("Which tokens count as words: none (all do), round-trip (one id that decodes to itself), leading-space, alpha (letters only). Selects before ranking, so that lists stay full.")]
    public BpeFilter BpeFilter { get; init; }

    /// <summary>Threshold of the flag of a list.</summary>
    [Help("Flag a list (column high_bias) where the mean bias of its tokens in the logits is beyond this, in either direction.")]
    public double HighBias { get; init; } = VocabularyBias.DefaultThreshold;

    /// <summary>Columns of flags.</summary>
    [Help("Add the columns of flags: large_norm for each token listed (--large-norm), high_bias for each list (--high-bias) where it does not stand anyway.")]
    public bool Flags { get; init; }

    /// <summary>Centred tokens.</summary>
    [Help("Take the mean over the whole vocabulary from every token's vector, on each side that is tokens: scores are relative to the average token.")]
    public bool Center { get; init; }

    /// <summary>The columns of flags that nobody asked for, for <see cref="Results.Table{TRow}(string, int, IReadOnlyCollection{string})"/>.</summary>
    /// <param name="flags">Properties of the row.</param>
    public IReadOnlyCollection<string> Unasked(params string[] flags) => Flags ? [] : flags;

    /// <summary>For analyses whose lists are not a row for each token.</summary>
    /// <exception cref="UsageException">Flags are asked for.</exception>
    public void RefuseFlags()
    {
        if (Flags)
        {
            throw new UsageException("--flags: this analysis has no row for each token, so there is no place for flags; leave it out (--drop-flagged drops such tokens).");
        }
    }
}
