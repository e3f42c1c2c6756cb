namespace PluginLens.Plugins.Patterns;

/// <summary>
/// What each head looks for at a position of a text, as McCormick's notebook computes it: the layer's input h through <c>p = h W_Q W_Kᵀ</c>, p under the final norm, and the tokens whose embeddings are most
/// similar. Beside each layer the word closest to its input in the logits, and the logit there of what the model predicts in the end.
/// McCormick, "Inspecting head behaviour through pattern projections", section 3. For what heads really read, see <c>patterns</c>.
/// </summary>
[Analysis("patterns-context", "What heads look for in a text, layer by layer",
    Answers = "At a position of a text, what each head looks for, and which word the layer's input is closest to.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, section 3")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "states of an encoder are read through its head, not through a final norm")]
[Holds(Verdict.Approximate, Trait.PostNorm, "states are normed block by block; no final norm is applied")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Writes("patterns-context", typeof(ContextPattern))]
[Writes("states", typeof(ContextState))]
public sealed class PatternsContext : Analysis<PatternsContextOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, PatternsContextOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        Check(options, prompts);
        var (made, similar, reading) = (new ContextPatterns(context, options), new SimilarWords(context, options, options.K), new FinalReading(model, context.Compute));
        var vocabulary = new NormedVocabulary(model.WE, norm: null);
        context.Results.Note(NoteLine.Of(made.Description, options.Score == Similarity.Cosine ? "cosine with raw W_E" : "dot product with raw W_E", similar.Description));
        var (table, states) = (context.Results.Table<ContextPattern>("patterns-context", groupBy: 6, options.Unasked("LargeNorm")), context.Results.Table<ContextState>("states", groupBy: 3));
        string[] hooks = [.. layers.Select(ContextPatterns.Hook).Append(made.LastHook).Distinct()];
        foreach (var batch in PromptBatches.Run(context, model, prompts, hooks, most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            var (grid, document) = (new HeadWords(heads, PromptLabels.Of(model, tokens, positions)), new ContextDocument(model));
            Matrix State(string hook) => ParameterVectors.Gather(batch.Activations[hook][0].AsMatrix(), positions);
            var predicted = reading.Words(State(made.LastHook), 1).Ids;
            foreach (var (at, layer) in layers.Index())
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(at, layers.Count, $"prompt {batch.First}, layer {layer}"));
                var state = State(ContextPatterns.Hook(layer));
                var closest = reading.Words(state, 1);
                var logits = made.Logits(state, predicted);
                foreach (var (column, position) in positions.Index())
                {
                    var row = new ContextState(
                        batch.First, position, model.Token(tokens[position]), layer, model.Token(predicted[column]), logits[column], model.Token(closest.Ids[column]), closest.Scores[column]);
                    states.Add(row);
                    document.Add(row);
                }

                foreach (var (head, column, list) in grid.Add(layer, similar.Of(vocabulary, made.Of(layer, heads, state), options.Score), similar.Cell))
                {
                    foreach (var (rank, id) in list.Ids.Index())
                    {
                        table.Add(new ContextPattern(
                            batch.First, positions[column], model.Token(tokens[positions[column]]), layer, head, rank + 1, model.Token(id), list.Scores[rank], similar.IsLargeNorm(id), similar.IsHighBias(list)));
                    }

                    document.Add(layer, head, closest.Ids[column], list);
                }
            }

            var suffix = prompts.Count == 1 ? string.Empty : $"-{batch.First}";
            context.Results.Figure($"patterns-context{suffix}", grid.Figure($"The first word of each pattern, prompt {batch.First}", "token"));
            if (options.Layout == Layout.Document)
            {
                document.Write(context, suffix);
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, PatternsContextOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        _ = new ContextPatterns(context, options);
        Check(options, prompts);
        double layers = options.Layer.Of(config.NLayers, "layer").Count, heads = options.Head.Of(config.NHeads, "head").Count;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false),
                Costs.Times(layers + 1, Costs.TopRows(Positions(prompt), config.DModel, config.DVocab, 1)),
                Costs.Times(layers, Costs.Sum(
                    HeadPatterns.CostOf(config, heads, Positions(prompt), products: 2),
                    SimilarWords.CostOf(model, options, options.K, heads * Positions(prompt))))))),
            Costs.Rows<ContextState>(prompts.Sum(Positions) * layers),
            Costs.Rows<ContextPattern>(prompts.Sum(Positions) * layers * heads * Math.Min(options.K, config.DVocab)));
    }

    private static void Check(PatternsContextOptions options, IReadOnlyList<Prompt> prompts)
    {
        if (options.Layout == Layout.Document && prompts.Any(prompt => options.Position.Of(prompt.Tokens.Length, "position").Count > 1))
        {
            throw new UsageException($"--layout document --position {options.Position}: the notebook's table is of one position; give one, or leave the layout out.");
        }
    }
}

/// <summary>One rank of a head's pattern at a position.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="Token">What the head looks for.</param>
/// <param name="Score">Cosine or dot product.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits.</param>
public sealed record ContextPattern(int Prompt, int Position, Token Input, int Layer, int Head, int Rank, Token Token, double Score, bool? LargeNorm, bool? HighBias);

/// <summary>What a layer's input is close to.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Layer">Layer whose input it is.</param>
/// <param name="Predicted">What the model predicts there in the end.</param>
/// <param name="PredictedLogit">Its logit from this layer's input, before a soft-cap.</param>
/// <param name="Closest">The token of the largest logit.</param>
/// <param name="ClosestLogit">That logit.</param>
public sealed record ContextState(int Prompt, int Position, Token Input, int Layer, Token Predicted, double PredictedLogit, Token Closest, double ClosestLogit);

/// <summary>What goes into W_Q.</summary>
public enum ContextInput
{
    /// <summary>The layer's input as it is (the notebook).</summary>
    Raw,

    /// <summary>The layer's input under the final norm, that of layer 0 as it is (the notebook's draft).</summary>
    Final,

    /// <summary>The layer's input under the norm before its heads: what the model gives them, positions that are added there left out.</summary>
    Normed,
}

/// <summary>Options of <c>patterns-context</c>.</summary>
public sealed record PatternsContextOptions : ListOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.Parse("-1");

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Input.</summary>
    [Help("What goes into W_Q: raw, the layer's input as it is (the notebook); final, under the final norm but for layer 0 (its draft); normed, under the norm before the heads.")]
    public ContextInput Input { get; init; }

    /// <summary>Norm of the patterns.</summary>
    [Help("Leave patterns as they are instead of putting them under the final norm, whose bias pulls all of them the same way.")]
    public bool NoPatternNorm { get; init; }

    /// <summary>Score.</summary>
    [Help("cosine or dot: how a pattern is compared with the rows of W_E.")]
    public Similarity Score { get; init; }

    /// <summary>Biases.</summary>
    [Help("Add b_Q before the pattern is made.")]
    public bool Biases { get; init; }

    /// <summary>Layout.</summary>
    [Help("document: also files in the layout of McCormick's notebook; needs --out.")]
    public Layout Layout { get; init; }
}
