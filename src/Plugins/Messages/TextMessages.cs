namespace PluginLens.Plugins.Messages;

/// <summary>
/// What each head writes when a token of a text is attended to: <c>m = (x W_V + b_V) W_O</c> with x what the head reads, as words of the vocabulary.
/// McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("messages", "Messages of a text's tokens in each head",
    Answers = "For each token of a text and each head, what the head writes to whoever attends to the token, as words.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: messages are compared with W_E")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows the sum of the heads and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("messages", typeof(MessageWord))]
public sealed class TextMessages : Analysis<TextMessageOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TextMessageOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var (made, words) = (new MessagesOfTexts(context, options.NoBias), new MessageWords(context, options, options.K, options.Read));
        context.Results.Note(NoteLine.Of(made.Description, words.Description, $"weights {config.ProcessingName}"));
        var table = context.Results.Table<MessageWord>("messages", groupBy: 5, options.Unasked("LargeNorm"));
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. layers.Select(MessagesOfTexts.Hook)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            var grid = new HeadWords(heads, [.. positions.Select(position => model.Token(tokens[position]).Text)]);
            foreach (var (at, layer) in layers.Index())
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(at, layers.Count, $"prompt {batch.First}, layer {layer}"));
                var messages = made.Of(layer, heads, batch.Activations[MessagesOfTexts.Hook(layer)], positions);
                foreach (var (head, column, list) in grid.Add(layer, words.Of(messages), words.Cell))
                {
                    foreach (var (rank, id) in list.Ids.Index())
                    {
                        table.Add(new MessageWord(
                            batch.First, layer, head, positions[column], model.Token(tokens[positions[column]]), rank + 1, model.Token(id), list.Scores[rank], words.IsHighBias(list), words.IsLargeNorm(id)));
                    }
                }
            }

            context.Results.Figure(prompts.Count == 1 ? "messages" : $"messages-{batch.First}", grid.Figure($"The first word of each message, prompt {batch.First}", "token"));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TextMessageOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        MessageWords.Check(model, options.Read);
        var layers = options.Layer.Of(config.NLayers, "layer");
        double heads = options.Head.Of(config.NHeads, "head").Count;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, layers.Max() + 1, logits: false),
                Costs.Times(layers.Count, Costs.Sum(
                    HeadPatterns.CostOf(config, heads, Positions(prompt), products: 1),
                    SimilarWords.CostOf(model, options, options.K, heads * Positions(prompt))))))),
            Costs.Rows<MessageWord>(prompts.Sum(Positions) * layers.Count * heads * Math.Min(options.K, config.DVocab)));
    }
}

/// <summary>One rank of the message of a token in a head.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Rank">1 = first.</param>
/// <param name="Token">A word of the message.</param>
/// <param name="Score">As <c>--read</c> says.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
public sealed record MessageWord(int Prompt, int Layer, int Head, int Position, Token Input, int Rank, Token Token, double Score, bool? HighBias, bool? LargeNorm = null);

/// <summary>Options of <c>messages</c>.</summary>
public sealed record TextMessageOptions : ListOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Reading.</summary>
    [Help("written: as the final norm scales it, without its bias, times W_U; written-cosine: the cosine of that; cosine or dot: with W_E; final-norm: the message under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it. auto: written, or cosine for post-norm models and encoders.")]
    public MessageReading Read { get; init; }

    /// <summary>Biases.</summary>
    [Help("Leave b_V out.")]
    public bool NoBias { get; init; }
}
