namespace PluginLens.Toolkit;

/// <summary>Lists the words most similar to vectors as <see cref="ListOptions"/> ask for, and flags lists of tokens with a high bias.</summary>
public sealed class SimilarWords
{
    private readonly AnalysisContext _context;
    private readonly ListOptions _options;
    private readonly int _k;
    private readonly bool[]? _ranked;
    private readonly bool[]? _words;
    private readonly VocabularyBias? _bias;

    /// <summary>Judges the vocabulary once.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The options.</param>
    /// <param name="k">Tokens per list.</param>
    /// <exception cref="UsageException">The pool is smaller than a list, or the filters leave nothing.</exception>
    public SimilarWords(AnalysisContext context, ListOptions options, int k)
    {
        Check(options, k);
        (_context, _options, _k) = (context, options, k);
        var (model, mask) = (context.Model, options.Mask(context.Model));
        _words = BpeFilters.Mask(model, options.BpeFilter, mask);
        _ranked = options.Pool is null ? _words : mask;
        _bias = model.HasWeight("unembed.W_U") ? new VocabularyBias(model) : null;
    }

    /// <summary>What was compared how, for notes.</summary>
    public string Description => NoteLine.Of(
        _options.BpeFilter == BpeFilter.None ? null : _options.Pool is { } pool ? $"{Kebab(_options.BpeFilter)} tokens of the {pool} best" : $"{Kebab(_options.BpeFilter)} tokens",
        PaddingNote.Of(_context.Model, _options),
        _bias is null ? "no unembedding, so no list is flagged" : _bias.IsZero ? "no bias in the logits, so no list is flagged" : null);

    /// <summary>The list of each vector.</summary>
    /// <param name="vocabulary">What the vectors are compared with.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>.</param>
    /// <param name="by">Cosine or dot product.</param>
    public TokenList[] Of(NormedVocabulary vocabulary, Matrix x, Similarity by) => Of((k, keep) => vocabulary.Top(_context.Compute, x, k, by, keep));

    /// <summary>Lists of any search.</summary>
    /// <param name="search">Gives the best of each row: how many, among which tokens.</param>
    public TokenList[] Of(Func<int, bool[]?, RowTopK> search) => _options.Pool is { } pool
        ? TokenList.FromPool(search(pool, _ranked), _words, _k)
        : TokenList.FromPool(search(_k, _ranked), keep: null, _k);

    /// <summary>Whether a list is made of tokens with a high or low bias in the logits; null where the model has no unembedding.</summary>
    /// <param name="list">The list.</param>
    public bool? IsHighBias(TokenList list) => _bias?.IsHigh(list.Ids, _options.HighBias);

    /// <summary>A cell of a token grid: the best word, its score, and the whole list on hover.</summary>
    /// <param name="list">The list.</param>
    public TokenCell Cell(TokenList list) => list.Ids.Length == 0
        ? new TokenCell(string.Empty, null)
        : new TokenCell(_context.Model.Token(list.Ids[0]).Text, list.Scores[0], string.Join(' ', list.Ids.Select(id => _context.Model.Token(id).Text)));

    /// <summary>What the lists cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="vectors">Vectors that are searched for at once.</param>
    public static Cost CostOf(Model model, ListOptions options, int k, double vectors)
    {
        Check(options, k);
        var kept = Costs.Kept(model, options.Pool is null ? BpeFilters.Mask(model, options.BpeFilter, options.Mask(model)) : options.Mask(model));

        // One more coordinate: the norm's bias, where there is one.
        return Costs.TopRows(vectors, model.Config.DModel + 1, kept, options.Pool ?? k);
    }

    private static void Check(ListOptions options, int k)
    {
        if (options.Pool < k)
        {
            throw new UsageException($"--pool {options.Pool}: lists of --k {k} need a pool of at least {k}.");
        }
    }

    private static string Kebab(BpeFilter filter) => filter switch
    {
        BpeFilter.RoundTrip => "round-trip",
        BpeFilter.LeadingSpace => "leading-space",
        _ => "alpha",
    };
}
