namespace PluginLens.Toolkit;

/// <summary>
/// The words of neurons: what one responds to, by the similarity of its input weights (column of W_in; of W_gate where gated) with the vocabulary as the MLP reads it, under the norm
/// before it; and what it writes, its row of W_out read as messages are. McCormick, "Patterns and Messages", part 6.
/// </summary>
public sealed class NeuronWords
{
    private readonly Model _model;
    private readonly ParameterVectors _parameters;
    private readonly SimilarWords _similar;
    private readonly MessageWords _messages;
    private readonly Similarity _score;
    private readonly bool _raw;
    private NormedVocabulary? _read;

    /// <summary>Judges the vocabulary once.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Filters and flag.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="score">How input weights are compared.</param>
    /// <param name="reading">How output weights are read.</param>
    /// <param name="key">Gated MLPs: whose columns are the input weights.</param>
    /// <param name="raw">Whether input weights meet the embeddings as they are.</param>
    /// <exception cref="UsageException">The model has not what the reading needs.</exception>
    public NeuronWords(AnalysisContext context, ListOptions options, int k, Similarity score, MessageReading reading, GatedKey key, bool raw = false)
    {
        (_model, _score, _raw) = (context.Model, score, raw);
        _parameters = new ParameterVectors(_model, key == GatedKey.In);
        (_similar, _messages) = (new SimilarWords(context, options, k), new MessageWords(context, options, k, reading));
    }

    /// <summary>What was read how, for notes.</summary>
    public string Description => NoteLine.Of(
        $"input: columns of {_parameters.Matrix(ParameterGroup.K)}, {(_score == Similarity.Cosine ? "cosine" : "product")} with W_E{(_raw ? string.Empty : " under the norm before the MLP")}",
        $"output: rows of W_out, {_messages.Description}");

    /// <summary>What neurons of a layer respond to and what they write, <c>[neurons]</c> each.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="neurons">Neurons; all of the layer's are kept in the cache.</param>
    public (TokenList[] Input, TokenList[] Output) Of(int layer, IReadOnlyList<int> neurons)
    {
        var norm = _raw ? null : ModelNorm.BeforeMlp(_model, layer);
        _read = _read?.Under(norm) ?? new NormedVocabulary(_model.WE, norm);
        string? Key(ParameterGroup group) => neurons.Count == _model.Config.DMlp ? $"{_parameters.Matrix(group)}.{layer}{(_raw ? ".raw" : string.Empty)}" : null;
        return (
            _similar.Of(_read, Rows(ParameterGroup.K, layer, neurons), _score, key: Key(ParameterGroup.K)),
            _messages.Of(Rows(ParameterGroup.V, layer, neurons), Key(ParameterGroup.V)));
    }

    /// <summary>The other end of what neurons write: the tokens that a positive activation lowers the most, <c>[neurons]</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="neurons">Neurons.</param>
    public TokenList[] Lowered(int layer, IReadOnlyList<int> neurons) => _messages.Of(Rows(ParameterGroup.V, layer, neurons), order: RowOrder.Smallest);

    /// <summary>Whether a list is made of tokens with a high bias in the logits; null where the model has no unembedding.</summary>
    /// <param name="list">The list.</param>
    public bool? IsHighBias(TokenList list) => _similar.IsHighBias(list);

    /// <summary>What the words of some neurons of a layer cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Filters.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="neurons">How many.</param>
    /// <param name="ends">Lists of each: 2, or 3 with <see cref="Lowered"/>.</param>
    public static Cost CostOf(Model model, ListOptions options, int k, double neurons, int ends = 2) => Costs.Sum(
        SimilarWords.CostOf(model, options, k, ends * neurons),
        new Cost(4.0 * model.Config.DVocab * model.Config.DModel, (3.0 * sizeof(double) * model.Config.DVocab) + (2 * sizeof(float) * ends * neurons * model.Config.DModel)));

    private Matrix Rows(ParameterGroup group, int layer, IReadOnlyList<int> neurons) => ParameterVectors.Gather(_parameters.Rows(group, layer), neurons);
}
