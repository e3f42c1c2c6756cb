using System.Security.Cryptography;

namespace PluginLens.Toolkit;

/// <summary>Lists the words most similar to vectors as <see cref="WordOptions"/> ask for, and flags lists of tokens with a high bias: the one way in which analyses list words.</summary>
public sealed class SimilarWords
{
    private readonly AnalysisContext _context;
    private readonly WordOptions _options;
    private readonly int? _pool;
    private readonly int _k;
    private readonly bool[]? _ranked;
    private readonly bool[]? _words;
    private readonly TokenFlags _flags;

    /// <summary>Judges the vocabulary once.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">The options.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="flagLists">Whether lists are flagged though nobody asked (a table with a column <c>high_bias</c> at all times).</param>
    /// <exception cref="UsageException">The pool is smaller than a list, or the filters leave nothing.</exception>
    public SimilarWords(AnalysisContext context, WordOptions options, int k, bool flagLists = true)
    {
        Check(options, k);
        (_context, _options, _k, _pool) = (context, options, k, (options as ListOptions)?.Pool);
        var (model, mask) = (context.Model, options.Mask(context.Model));
        _words = BpeFilters.Mask(model, options.BpeFilter, mask);
        _ranked = _pool is null ? _words : mask;
        _flags = new TokenFlags(model, options, flagLists);
    }

    /// <summary>What was compared how, for notes.</summary>
    public string Description => NoteLine.Of(ComparisonNote.Of(_options), PaddingNote.Of(_context.Model, _options), _flags.Description);

    /// <summary>How many tokens take part.</summary>
    public int Tokens => (int)Costs.Kept(_context.Model, _words);

    /// <summary>The list of each vector.</summary>
    /// <param name="vocabulary">What the vectors are compared with.</param>
    /// <param name="x">Vectors, <c>n x d_model</c>.</param>
    /// <param name="by">Cosine or dot product, which <see cref="VectorOptions.Cosine"/> makes a cosine.</param>
    /// <param name="order">Which end.</param>
    /// <param name="key">Says which vectors and which vocabulary these are, where lists that were made before may serve; null = they are made anew.</param>
    public TokenList[] Of(NormedVocabulary vocabulary, Matrix x, Similarity by, RowOrder order = RowOrder.Largest, string? key = null)
    {
        var compared = _options.Center ? vocabulary.Centred : vocabulary;
        var cosine = by == Similarity.Cosine ? CosineOf.Both : (_options as VectorOptions)?.Cosine ?? CosineOf.None;
        return Lists((k, keep) => key is null ? Top(k, keep) : _context.Cache.GetOrCompute(
            // Another toolkit may mean something else by the same key: its module version is part of it.
            _context.Model, $"{typeof(SimilarWords).Module.ModuleVersionId} {key}.{k}.{cosine}.{order}{(_options.Center ? ".centred" : string.Empty)}{Identity(keep)}", x.Rows, (int)Math.Min(k, Costs.Kept(_context.Model, keep)), () => Top(k, keep)));

        RowTopK Top(int k, bool[]? keep) => compared.Top(_context.Compute, x, k, cosine, keep, order);
    }

    /// <summary>Lists of any search.</summary>
    /// <param name="search">Gives the best of each row: how many, among which tokens.</param>
    /// <param name="centred">Whether who calls sees to <c>--center</c>.</param>
    /// <exception cref="UsageException">The options ask for what only a vocabulary can give.</exception>
    public TokenList[] Of(Func<int, bool[]?, RowTopK> search, bool centred = false) => (_options.Center && !centred) || _options is VectorOptions { Cosine: not CosineOf.None }
        ? throw new UsageException("--center and --cosine have no meaning for these lists; leave them out.")
        : Lists(search);

    /// <summary>Whether a list is made of tokens with a high or low bias in the logits; null where nobody asked or the model has no unembedding.</summary>
    /// <param name="list">The list.</param>
    public bool? IsHighBias(TokenList list) => _flags.IsHighBias(list.Ids);

    /// <summary>Whether a token has a large norm; null without <c>--flags</c>.</summary>
    /// <param name="id">Token id.</param>
    public bool? IsLargeNorm(int id) => _flags.IsLargeNorm(id);

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
    public static Cost CostOf(Model model, WordOptions options, int k, double vectors)
    {
        Check(options, k);
        var pool = (options as ListOptions)?.Pool;
        var kept = Costs.Kept(model, pool is null ? BpeFilters.Mask(model, options) : options.Mask(model));

        // One more coordinate: the norm's bias and the mean, where there are such.
        return Costs.Sum(Costs.TopRows(vectors, model.Config.DModel + 1, kept, pool ?? k), TokenFlags.CostOf(model.Config, options));
    }

    private TokenList[] Lists(Func<int, bool[]?, RowTopK> search) => _pool is { } pool
        ? TokenList.FromPool(search(pool, _ranked), _words, _k)
        : TokenList.FromPool(search(_k, _ranked), keep: null, _k);

    /// <summary>Tells masks apart, whatever the options that made them.</summary>
    private static string Identity(bool[]? keep) =>
        keep is null ? string.Empty : $".{Convert.ToHexStringLower(SHA256.HashData(Array.ConvertAll(keep, kept => kept ? (byte)1 : (byte)0)))}";

    private static void Check(WordOptions options, int k)
    {
        if (options is ListOptions { Pool: { } pool } && pool < k)
        {
            throw new UsageException($"--pool {pool}: lists of --k {k} need a pool of at least {k}.");
        }
    }
}
