namespace PluginLens.Plugins.Attribution;

/// <summary>All terms of a text's residual stream in the order in which they are added, and their words.</summary>
internal sealed class StreamBlocks
{
    private readonly AnalysisContext _context;
    private readonly PatternsOfTexts _patterns;
    private readonly MessagesOfTexts _messages;
    private readonly MessageWords _words;
    private readonly NeuronWords _neurons;
    private readonly bool _hasPositions;

    /// <summary>Prepares the vocabulary.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">How patterns, messages and neurons are read.</param>
    public StreamBlocks(AnalysisContext context, StreamTableOptions options)
    {
        _context = context;
        _patterns = new PatternsOfTexts(context, options, options.K);
        _messages = new MessagesOfTexts(context, noBias: false);
        _words = new MessageWords(context, options, options.K, options.Read);
        _neurons = new NeuronWords(context, options, options.K, options.Score, options.Read, options.Key);
        _hasPositions = StreamTerms.HasPositions(context.Model);
    }

    private Model Model => _context.Model;

    /// <summary>How words were made, for notes.</summary>
    public IEnumerable<string> Descriptions
    {
        get
        {
            yield return $"messages read: {_patterns.Description}";
            yield return $"written: {_words.Description}";
            if (!Model.Config.AttnOnly)
            {
                yield return $"neurons: {_neurons.Description}";
            }
        }
    }

    /// <summary>The final state, which the terms sum to.</summary>
    /// <param name="config">The model.</param>
    public static string Final(ModelConfig config) => $"blocks.{config.NLayers - 1}.hook_resid_post";

    /// <summary>The terms, layer by layer; long prompts pass through the model more than once.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="index">Its index, for the progress.</param>
    /// <param name="doing">What is done with them, for the progress.</param>
    public IEnumerable<StreamBlock> Of(Prompt prompt, int index, string doing)
    {
        var (config, length) = (Model.Config, prompt.Tokens.Length);
        int[] heads = [.. Enumerable.Range(0, config.NHeads)], positions = [.. Enumerable.Range(0, length)];
        var ones = new float[length];
        Array.Fill(ones, 1);
        foreach (var (layer, run) in LayerPasses.Of(_context, prompt, [.. Enumerable.Range(0, config.NLayers)], Hooks))
        {
            _context.Cancellation.ThrowIfCancellationRequested();
            _context.Progress.Report(new Progress(layer, config.NLayers, $"prompt {index}, {doing}, layer {layer}"));
            if (layer == 0)
            {
                yield return new StreamBlock(StreamTermKind.Embedding, null, run[Starts.First()][0].AsMatrix(), [], run);
                if (_hasPositions)
                {
                    yield return new StreamBlock(StreamTermKind.Position, null, run[Starts.Last()][0].AsMatrix(), [], run);
                }
            }

            var pattern = run[LayerPasses.Pattern(layer)][0];
            yield return new StreamBlock(StreamTermKind.Message, layer, _messages.Of(layer, heads, run[MessagesOfTexts.Hook(layer)], positions), [.. heads.Select(head => pattern[head].AsMatrix())], run);
            foreach (var block in Bias(StreamTermKind.AttentionBias, layer, $"blocks.{layer}.attn.b_O", run))
            {
                yield return block;
            }

            if (config.AttnOnly)
            {
                continue;
            }

            yield return new StreamBlock(StreamTermKind.Neuron, layer, Model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix(), [run[Post(layer)][0].AsMatrix()], run);
            foreach (var block in Bias(StreamTermKind.MlpBias, layer, $"blocks.{layer}.mlp.b_out", run))
            {
                yield return block;
            }
        }

        IEnumerable<StreamBlock> Bias(StreamTermKind kind, int layer, string name, PluginLens.Activations run) => Model.HasWeight(name)
            ? [new StreamBlock(kind, layer, new Matrix(Model.Weight(name).Data, 1, config.DModel), [new Matrix(ones, length, 1)], run)]
            : [];
    }

    /// <summary>What some terms of a block read, where they read anything, and what they write.</summary>
    /// <param name="block">The block.</param>
    /// <param name="rows">Which terms, ascending.</param>
    public (TokenList[]? Reads, TokenList[] Writes) Words(StreamBlock block, IReadOnlyList<int> rows)
    {
        if (block.Kind == StreamTermKind.Neuron)
        {
            return _neurons.Of(block.Layer!.Value, rows);
        }

        var written = _words.Of(ParameterVectors.Gather(block.Vectors, rows));
        if (block.Kind != StreamTermKind.Message)
        {
            return (null, written);
        }

        // Patterns head by head, searched for together.
        var (layer, activation) = (block.Layer!.Value, block.Run[_patterns.Hook(block.Layer!.Value)]);
        var parts = rows.GroupBy(row => block.Index(row)!.Value).Select(group => _patterns.Of(layer, [group.Key], activation, [.. group.Select(row => block.Source(row)!.Value)])).ToList();
        var patterns = new Matrix(parts.SelectMany(part => part.Data.ToArray()).ToArray(), rows.Count, Model.Config.DModel);
        return (_patterns.Words(layer, patterns), written);
    }

    /// <summary>What the terms of a text cost: the passes, messages, and their sum.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">Tokens of the text.</param>
    public static Cost CostOf(ModelConfig config, int length) => Costs.Sum(
        LayerPasses.CostOf(config, length, [.. Enumerable.Range(0, config.NLayers)]),
        Costs.Times(config.NLayers, Costs.Sum(
            HeadPatterns.CostOf(config, config.NHeads, length, products: 1),
            Costs.Times(config.NHeads, Costs.Product(length, length, config.DModel)),
            Costs.Product(length, config.DMlp + 2, config.DModel))),
        new Cost(0, sizeof(float) * (double)config.NLayers * length * (config.DMlp + (2.0 * config.NHeads * config.DHead))));

    private IEnumerable<string> Starts => _hasPositions ? ["hook_embed", "hook_pos_embed"] : ["blocks.0.hook_resid_pre"];

    private static string Post(int layer) => $"blocks.{layer}.mlp.hook_post";

    private IEnumerable<string> Hooks(int layer) => new[] { _patterns.Hook(layer), MessagesOfTexts.Hook(layer) }
        .Concat(layer == 0 ? Starts : [])
        .Concat(Model.Config.AttnOnly ? [] : [Post(layer)])
        .Concat(layer == Model.Config.NLayers - 1 ? [Final(Model.Config)] : [])
        .Distinct();
}
