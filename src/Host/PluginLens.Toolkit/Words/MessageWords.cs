namespace PluginLens.Toolkit;

/// <summary>Reads messages as words in one of the ways of <see cref="MessageReading"/>.</summary>
public sealed class MessageWords
{
    private readonly AnalysisContext _context;
    private readonly SimilarWords _similar;
    private readonly MessageReading _reading;
    private readonly NormedVocabulary _vocabulary;
    private readonly ModelNorm? _norm;

    /// <summary>Prepares the vocabulary.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Filters and flag.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="reading">How; <c>auto</c> is decided by the model.</param>
    /// <exception cref="UsageException">The model has not what the reading needs.</exception>
    public MessageWords(AnalysisContext context, ListOptions options, int k, MessageReading reading)
    {
        var model = context.Model;
        Check(model, reading);
        (_context, _similar, _reading) = (context, new SimilarWords(context, options, k), Decided(model, reading));
        _norm = ModelNorm.Final(model);
        _vocabulary = IsWritten ? new FinalReading(model, context.Compute).Writing : new NormedVocabulary(model.WE, _reading == MessageReading.NormedVocabulary ? _norm : null);
    }

    private bool IsWritten => _reading is MessageReading.Written or MessageReading.WrittenCosine;

    /// <summary>What was read how, for notes.</summary>
    public string Description => NoteLine.Of(
        _reading switch
        {
            MessageReading.Written => _norm is null ? "products with W_U" : "centred and scaled as the final norm does, without its bias; products with W_U",
            MessageReading.WrittenCosine => _norm is null ? "cosine with W_U" : "cosine with W_U, centred and scaled as the final norm does, without its bias",
            MessageReading.Dot => "products with W_E",
            MessageReading.FinalNorm => "messages under the final norm, cosine with W_E",
            MessageReading.NormedVocabulary => "cosine with W_E under the final norm",
            _ => "cosine with W_E",
        },
        _similar.Description,
        _context.Model.Config.Processing.Contains("fold_value_biases") ? "value biases are in b_O, so messages lack what the norm's bias and b_V add to all of them" : null);

    /// <summary>The list of each message.</summary>
    /// <param name="messages">Messages, <c>n x d_model</c>.</param>
    /// <param name="key">Says which vectors these are, where lists that were made before may serve; null = they are made anew.</param>
    /// <param name="order">Which end.</param>
    public TokenList[] Of(Matrix messages, string? key = null, RowOrder order = RowOrder.Largest) => _similar.Of(
        _vocabulary,
        _reading == MessageReading.FinalNorm ? _norm!.Apply(messages) : messages,
        _reading is MessageReading.Dot or MessageReading.Written ? Similarity.Dot : Similarity.Cosine,
        order,
        key is null ? null : $"{key}.{_reading}");

    /// <summary>Whether a list is made of tokens with a high bias.</summary>
    /// <param name="list">The list.</param>
    public bool? IsHighBias(TokenList list) => _similar.IsHighBias(list);

    /// <summary>Whether a token has a large norm; null without <c>--flags</c>.</summary>
    /// <param name="id">Token id.</param>
    public bool? IsLargeNorm(int id) => _similar.IsLargeNorm(id);

    /// <summary>A cell of a token grid.</summary>
    /// <param name="list">The list.</param>
    public TokenCell Cell(TokenList list) => _similar.Cell(list);

    /// <summary>Refuses a reading that the model cannot give.</summary>
    /// <param name="model">The model.</param>
    /// <param name="reading">The reading.</param>
    public static void Check(Model model, MessageReading reading)
    {
        var named = reading switch { MessageReading.Written => "written", MessageReading.WrittenCosine => "written-cosine", MessageReading.FinalNorm => "final-norm", MessageReading.NormedVocabulary => "normed-vocabulary", _ => null };
        if (reading is MessageReading.Written or MessageReading.WrittenCosine && !model.HasWeight("unembed.W_U"))
        {
            throw new UsageException($"--read {named}: model '{model.Config.Name}' has no unembedding; use cosine or dot.");
        }

        if (reading is MessageReading.FinalNorm or MessageReading.NormedVocabulary && ModelNorm.Final(model) is null)
        {
            throw new UsageException($"--read {named}: model '{model.Config.Name}' has no final norm; use cosine or dot.");
        }
    }

    private static MessageReading Decided(Model model, MessageReading reading) => reading != MessageReading.Auto ? reading
        : model.HasWeight("unembed.W_U") && !model.Config.Traits.Contains(Trait.PostNorm) ? MessageReading.Written : MessageReading.Cosine;
}
