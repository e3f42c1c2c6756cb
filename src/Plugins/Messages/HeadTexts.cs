namespace PluginLens.Plugins.Messages;

/// <summary>Patterns, messages and attention of the tokens of a text in some heads, head by head.</summary>
/// <param name="context">The run.</param>
/// <param name="options">How patterns are made and read, and which words are listed.</param>
/// <param name="k">Tokens per list.</param>
/// <param name="reading">How messages are read.</param>
/// <param name="noValueBias">Whether b_V is left out.</param>
internal sealed class HeadTexts(AnalysisContext context, PatternOptions options, int k, MessageReading reading, bool noValueBias)
{
    private readonly PatternsOfTexts _patterns = new(context, options, k);
    private readonly MessagesOfTexts _messages = new(context, noValueBias);
    private readonly MessageWords _words = new(context, options, k, reading);

    /// <summary>How patterns were made and read, for notes.</summary>
    public string PatternDescription => $"patterns: {_patterns.Description}";

    /// <summary>How messages were made and read, for notes.</summary>
    public string MessageDescription => NoteLine.Of($"messages: {_messages.Description}", _words.Description);

    /// <summary>Whether a list is made of tokens with a high bias in the logits; null where the model has no unembedding.</summary>
    /// <param name="list">The list.</param>
    public bool? IsHighBias(TokenList list) => _words.IsHighBias(list);

    /// <summary>Each head with its lists and its attention.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="index">Its index, for the progress.</param>
    /// <param name="layers">Layers, ascending.</param>
    /// <param name="heads">Query heads.</param>
    public IEnumerable<HeadText> Of(Prompt prompt, int index, IReadOnlyList<int> layers, IReadOnlyList<int> heads)
    {
        int[] positions = [.. Enumerable.Range(0, prompt.Tokens.Length)];
        foreach (var (layer, run) in LayerPasses.Of(context, prompt, layers, layer => [_patterns.Hook(layer), MessagesOfTexts.Hook(layer)]))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, layers[^1] + 1, $"prompt {index}, layer {layer}"));
            var patterns = _patterns.Of(layer, heads, run[_patterns.Hook(layer)], positions);
            var messages = _messages.Of(layer, heads, run[MessagesOfTexts.Hook(layer)], positions);
            var (of, said) = (_patterns.Words(layer, patterns).Chunk(positions.Length).ToList(), _words.Of(messages).Chunk(positions.Length).ToList());
            foreach (var (at, head) in heads.Index())
            {
                Matrix Rows(Matrix all) => all.Slice(at * positions.Length, positions.Length);
                yield return new HeadText(layer, head, of[at], said[at], Rows(patterns), Rows(messages), run[LayerPasses.Pattern(layer)][0][head].AsMatrix());
            }
        }
    }

    /// <summary>What the heads of a text cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="layers">Layers, ascending.</param>
    /// <param name="heads">How many heads of each.</param>
    public static Cost CostOf(Model model, PatternOptions options, int k, int length, IReadOnlyList<int> layers, double heads) => Costs.Sum(
        LayerPasses.CostOf(model.Config, length, layers),
        Costs.Times(layers.Count, Costs.Sum(
            PatternsOfTexts.CostOf(model, options, k, heads, length),
            HeadPatterns.CostOf(model.Config, heads, length, products: 1),
            SimilarWords.CostOf(model, options, k, heads * length))));
}

/// <summary>What a head makes of a text.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Patterns">The words of each token's pattern, <c>[pos]</c>.</param>
/// <param name="Messages">The words of each token's message, <c>[pos]</c>.</param>
/// <param name="PatternRows">The patterns themselves, <c>pos x d_model</c>.</param>
/// <param name="MessageRows">The messages themselves, <c>pos x d_model</c>.</param>
/// <param name="Attention">Who attends to whom, <c>pos x key_pos</c>.</param>
internal sealed record HeadText(int Layer, int Head, TokenList[] Patterns, TokenList[] Messages, Matrix PatternRows, Matrix MessageRows, Matrix Attention);
