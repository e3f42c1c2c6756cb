using System.Text;

namespace PluginLens.Plugins.Circuits;

/// <summary>What <c>ov-pairs</c> and <c>qk-pairs</c> have in common: which heads, how many pairs, which tokens, compared how.</summary>
public record PairOptions : VectorOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Pairs per head.</summary>
    [AtLeast(1)]
    [Help("Pairs per head.")]
    public int K { get; init; } = 50;

    /// <summary>Which tokens are paired.</summary>
    [Help("words: tokens that begin a word and are letters alone, which read as words, where the tokenizer marks words; all: every token. Other filters of tokens come on top.")]
    public PairedTokens Tokens { get; init; } = PairedTokens.Words;

    /// <summary>The other end.</summary>
    [Help("The smallest entries of the whole matrix instead of the largest.")]
    public bool Lowest { get; init; }

    /// <summary>No pairs of a token with itself.</summary>
    [Help("No pairs whose two texts are equal once stripped and lower-case (the lists marked * in the paper).")]
    public bool ExcludeSame { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for what reads the residual stream, W_U for what writes it; input: W_E on both sides; output: W_U on both.")]
    public EmbeddingChoice Embedding { get; init; }

    /// <summary>Biases.</summary>
    [Help("Add the head's own biases to its projections (E W + b) before pairing.")]
    public bool Biases { get; init; }

    /// <summary>Gain of the norm before attention.</summary>
    [Help("Apply the gain of the norm before attention to what the head reads (diag(w) W, and b + b_ln W with --biases), without centring.")]
    public bool NormGain { get; init; }

    /// <summary>Norms.</summary>
    [Help("Read each token under the whole norm before attention (its bias with --biases), and outputs through the gain of the final norm, centred where it centres.")]
    public bool Normed { get; init; }

    /// <summary>Normalisation.</summary>
    [Help("freq: divide each token's row by its mean absolute projection on the parameter group of that side over all layers, plus 1e-9.")]
    public Normalise Normalise { get; init; }

    /// <summary>The tokens that are paired, <c>[d_vocab]</c>; null = all of them.</summary>
    /// <param name="model">The model.</param>
    internal bool[]? Kept(Model model) => BpeFilters.Mask(model, ListsWords(model) ? this with { WordInitial = true, BpeFilter = BpeFilter == BpeFilter.None ? BpeFilter.Alpha : BpeFilter } : this);

    /// <summary>What the user should know of them; null where all are paired.</summary>
    /// <param name="model">The model.</param>
    internal string? Described(Model model) => ListsWords(model) ? "pairs of tokens that begin a word, letters alone; --tokens all pairs every token" : null;

    private bool ListsWords(Model model) =>
        Tokens == PairedTokens.Words && model.Tokenizer is { Unreadable: null } tokenizer && Enumerable.Range(0, tokenizer.Count).Any(id => tokenizer.StartsWord(id) && WhiteSpace.Strip(tokenizer.Text(id)) is { Length: > 0 } word && word.EnumerateRunes().All(Rune.IsLetter));

    /// <summary>How the heads are read.</summary>
    internal HeadReading Reading => new() { Embedding = Embedding, Biases = Biases, NormGain = NormGain, Normed = Normed, Normalise = Normalise };
}

/// <summary>Which tokens are paired.</summary>
public enum PairedTokens
{
    /// <summary>Those that begin a word and are letters alone, where the tokenizer marks words.</summary>
    Words,

    /// <summary>Every token.</summary>
    All,
}
