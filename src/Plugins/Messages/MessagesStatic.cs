namespace PluginLens.Plugins.Messages;

/// <summary>
/// What each head writes when a word without context is attended to: <c>m = e W_V W_O</c>, and the tokens most similar to it.
/// McCormick, "Inspecting head behaviour through pattern projections", next to research.
/// </summary>
[Analysis("messages-static", "What heads write, word by word",
    Answers = "For words without context, what each head writes when the word is attended to: the tokens most similar to e W_V W_O.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, next to research")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words have no ids without a tokenizer")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows the sum of the heads and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("messages-static", typeof(StaticMessage))]
public sealed class MessagesStatic : Analysis<MessagesStaticOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, MessagesStaticOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (layers, heads) = (options.Layers(config), options.Head.Of(config.NHeads, "head"));
        var words = SingleTokens.Of(context, options.Words, options.Form);
        var embeddings = ParameterVectors.Gather(model.WE, [.. words.Select(word => word.Id)]);
        var (patterns, read) = (new HeadPatterns(model, context.Compute), new MessageWords(context, options, options.K, options.Read));
        context.Results.Note(NoteLine.Of("raw W_E", $"b_V {(options.Biases ? "on" : "off")}, b_O off", read.Description, $"weights {config.ProcessingName}"));
        var table = context.Results.Table<StaticMessage>("messages-static", groupBy: 4, options.Unasked("LargeNorm"));
        var grid = new HeadWords(heads, [.. words.Select(word => word.Text)]);
        foreach (var (at, layer) in layers.Index())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(at, layers.Count, $"layer {layer}"));
            var messages = HeadPatterns.Stacked(heads, head => patterns.Messages(layer, head, patterns.Read(layer, head, HeadMatrix.V, embeddings, options.Biases)));
            foreach (var (head, column, list) in grid.Add(layer, read.Of(messages), read.Cell))
            {
                foreach (var (rank, id) in list.Ids.Index())
                {
                    table.Add(new StaticMessage(layer, head, words[column], rank + 1, model.Token(id), list.Scores[rank], read.IsHighBias(list), read.IsLargeNorm(id)));
                }
            }
        }

        context.Results.Figure("messages-static", grid.Figure("The first word of each message", "word"));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, MessagesStaticOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        MessageWords.Check(model, options.Read);
        double layers = options.Layers(config).Count, heads = options.Head.Of(config.NHeads, "head").Count, words = options.Words.Length;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(layers, Costs.Sum(
                HeadPatterns.CostOf(config, heads, words, products: 2),
                SimilarWords.CostOf(model, options, options.K, heads * words))),
            Costs.Rows<StaticMessage>(layers * heads * words * Math.Min(options.K, config.DVocab)));
    }
}

/// <summary>One rank of a word's message in a head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Word">The word that was asked for.</param>
/// <param name="Rank">1 = first.</param>
/// <param name="Token">What the head writes.</param>
/// <param name="Score">As <c>--read</c> says.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
public sealed record StaticMessage(int Layer, int Head, Token Word, int Rank, Token Token, double Score, bool? HighBias, bool? LargeNorm = null);

/// <summary>Options of <c>messages-static</c>.</summary>
public sealed record MessagesStaticOptions : ListOptions
{
    /// <summary>Words.</summary>
    [Help("Words, separated by commas; of a word of several tokens the first stands for it.")]
    public string[] Words { get; init; } = ["couch", "dog", "run", "happy"];

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last. Empty: the first four.")]
    public Selection? Layer { get; init; }

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 15;

    /// <summary>Reading.</summary>
    [Help("cosine or dot: with W_E; written: as the final norm scales it, without its bias, times W_U; written-cosine: the cosine of that; final-norm: the message under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it; auto: written, or cosine for post-norm models and encoders.")]
    public MessageReading Read { get; init; } = MessageReading.Cosine;

    /// <summary>Biases.</summary>
    [Help("Add b_V before the message is made.")]
    public bool Biases { get; init; }

    /// <summary>Form of the words.</summary>
    [Help("spaced: words as inside a text, with a leading space where the vocabulary has such tokens; bare: as they are.")]
    public WordForm Form { get; init; }

    /// <summary>The layers that are meant.</summary>
    /// <param name="config">The model.</param>
    internal IReadOnlyList<int> Layers(ModelConfig config) => Layer is null ? [.. Enumerable.Range(0, Math.Min(4, config.NLayers))] : Layer.Of(config.NLayers, "layer");
}
