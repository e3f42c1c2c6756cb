namespace PluginLens.Plugins.Patterns;

/// <summary>
/// What each token of a text leaves for others in each head: <c>p = (x W_K + b_K) W_Qᵀ</c> with x what the head reads, and the tokens that would attend to it;
/// or <c>(x W_Q + b_Q) W_Kᵀ</c>, what it looks for. The vocabulary is read under the layer's own norm, without a normed copy.
/// McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("patterns", "Patterns of a text's tokens in each head",
    Answers = "For each token of a text and each head, which tokens would attend to it (or which it looks for): the words of its pattern.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Approximate, Trait.Rotary, "patterns are those before the rotation; --offset r gives those of a query r positions after its key")]
[Holds(Verdict.Approximate, Trait.RotaryScaled, "the rotated dimensions carry the square of rope_attention_factor, which only --offset applies; long contexts use other frequencies")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "the vocabulary's side is not normed as q and k are")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores are before their soft-cap, which keeps their order")]
[Writes("patterns", typeof(PatternWord))]
public sealed class TextPatterns : Analysis<TextPatternOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TextPatternOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var made = new PatternsOfTexts(context, options, options.K);
        context.Results.Note(made.Description);
        var table = context.Results.Table<PatternWord>("patterns", groupBy: 5, options.Unasked("LargeNorm"));
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. layers.Select(made.Hook)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            var grid = new HeadWords(heads, [.. positions.Select(position => model.Token(tokens[position]).Text)]);
            foreach (var (at, layer) in layers.Index())
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(at, layers.Count, $"prompt {batch.First}, layer {layer}"));
                var lists = made.Words(layer, made.Of(layer, heads, batch.Activations[made.Hook(layer)], positions));
                foreach (var (head, column, list) in grid.Add(layer, lists, made.Similar.Cell))
                {
                    foreach (var (rank, id) in list.Ids.Index())
                    {
                        table.Add(new PatternWord(
                            batch.First, layer, head, positions[column], model.Token(tokens[positions[column]]), rank + 1, model.Token(id), list.Scores[rank], made.Similar.IsHighBias(list), made.Similar.IsLargeNorm(id)));
                    }
                }
            }

            context.Results.Figure(prompts.Count == 1 ? "patterns" : $"patterns-{batch.First}", grid.Figure($"The first word of each pattern, prompt {batch.First}", "token"));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TextPatternOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        options.Check(model);
        var layers = options.Layer.Of(config.NLayers, "layer");
        double heads = options.Head.Of(config.NHeads, "head").Count;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, layers.Max() + 1, logits: false),
                Costs.Times(layers.Count, PatternsOfTexts.CostOf(model, options, options.K, heads, Positions(prompt)))))),
            Costs.Rows<PatternWord>(prompts.Sum(Positions) * layers.Count * heads * Math.Min(options.K, config.DVocab)));
    }
}

/// <summary>One rank of a token's pattern in a head.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="Token">Which token would attend to it, or is looked for.</param>
/// <param name="Score">Cosine or dot product.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
public sealed record PatternWord(int Prompt, int Layer, int Head, int Position, Token Input, int Rank, Token Token, double Score, bool? HighBias, bool? LargeNorm = null);

/// <summary>Options of <c>patterns</c>.</summary>
public sealed record TextPatternOptions : PatternOptions
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
}
