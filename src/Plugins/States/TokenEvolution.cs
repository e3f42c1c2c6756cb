namespace PluginLens.Plugins.States;

/// <summary>
/// What each token of a text means on its way through the layers: the words of <c>norm_final(h_l) W_U + b_U</c> for the input h_l of each layer, and what the model predicts in the
/// end. The lens of <c>logit-lens</c>, laid out as a grid of tokens by layers. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("token-evolution", "What each token becomes, layer by layer",
    Answers = "What each token of a text stands for at the input of each layer, and where its word changes.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "states of an encoder are read through its head, not through a final norm")]
[Holds(Verdict.Approximate, Trait.PostNorm, "states are normed block by block; no final norm is applied")]
[Writes("token-evolution", typeof(EvolvedWord))]
[Writes("changes", typeof(EvolutionChange))]
public sealed class TokenEvolution : Analysis<TokenEvolutionOptions>
{
    /// <summary>States that go through the vocabulary together.</summary>
    private const int Together = 4096;


    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TokenEvolutionOptions options)
    {
        var (model, prompts, keep) = (context.Model, context.RequirePrompts(), options.Mask(context.Model));
        var lens = new LensReading(model, context.Compute, options.Norm);
        ReadState[] rows = [.. options.Layer.Of(model.Config.NLayers, "layer").Select(layer => ReadState.Of(layer, lens.Input(layer))), new ReadState(StateKind.Predicted, null, lens.LastHook)];
        var table = context.Results.Table<EvolvedWord>("token-evolution", groupBy: 6);
        var changes = context.Results.Table<EvolutionChange>("changes", groupBy: 1);
        context.Results.Note(NoteLine.Of(lens.Description, "the last row is what the model predicts", $"weights {model.Config.ProcessingName}", PaddingNote.Of(model, options)));
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. rows.Select(row => row.Hook).Distinct()], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            var lists = new Dictionary<(int? Layer, int Position), TokenList>();
            foreach (var some in positions.Chunk(Math.Max(1, Together / rows.Length)))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var states = lens.States([.. rows.SelectMany(row => some.Select(position => (batch.Activations[row.Hook][0].AsMatrix(), position, row.Layer == 0, row.Kind == StateKind.Predicted)))]);
                var found = TokenList.FromPool(lens.Words(states, options.K, keep), keep: null, options.K);
                foreach (var (at, list) in found.Index())
                {
                    lists[(rows[at / some.Length].Layer, some[at % some.Length])] = list with { Scores = Array.ConvertAll(list.Scores, lens.Capped) };
                }
            }

            foreach (var position in positions)
            {
                foreach (var row in rows)
                {
                    var list = lists[(row.Layer, position)];
                    foreach (var (rank, id) in list.Ids.Index())
                    {
                        table.Add(new EvolvedWord(batch.First, position, model.Token(tokens[position]), row.Kind, row.Layer, rank + 1, model.Token(id), list.Scores[rank]));
                    }
                }
            }

            foreach (var (from, to) in rows.Zip(rows.Skip(1)))
            {
                changes.Add(new EvolutionChange(
                    batch.First, from.Layer!.Value, to.Kind, to.Layer, positions.Count(position => lists[(from.Layer, position)].Ids[0] != lists[(to.Layer, position)].Ids[0]), positions.Count));
            }

            foreach (var words in new[] { 1, lists.Values.First().Ids.Length }.Distinct())
            {
                context.Results.Figure($"top-{words}-{batch.First}", new TokenGrid(
                    $"What the tokens of prompt {batch.First} become", "token", "input of layer", PromptLabels.Of(model, tokens, positions), [.. rows.Select(row => row.Name)],
                    [.. rows.Select(row => positions.Select(position => Cell(lists[(row.Layer, position)], words)).ToArray())]));
            }
        }

        TokenCell Cell(TokenList list, int words)
        {
            string[] texts = [.. list.Ids.Select(id => model.Token(id).Text)];
            return new TokenCell(string.Concat(texts.Take(words)), list.Scores[0], string.Concat(texts));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TokenEvolutionOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        double kept = Costs.Kept(model, options.Mask(model)), rows = options.Layer.Of(config.NLayers, "layer").Count + 1;
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false),
                new Cost(0, 2.0 * sizeof(float) * rows * prompt.Tokens.Length * config.DModel),
                Costs.TopRows(Positions(prompt) * rows, config.DModel, kept, options.K)))),
            Costs.Rows<EvolutionChange>(prompts.Count * (rows - 1)),
            Costs.Rows<EvolvedWord>(prompts.Sum(Positions) * rows * Math.Min(options.K, kept)));
    }
}

/// <summary>One rank of what a token stands for at a layer's input.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Kind">block, or predicted = what the model predicts.</param>
/// <param name="Layer">Layer whose input is read.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">What the state stands for.</param>
/// <param name="Logit">Its logit.</param>
public sealed record EvolvedWord(int Prompt, int Position, Token Input, StateKind Kind, int? Layer, int Rank, Token Token, double Logit);

/// <summary>How many tokens have another first word in the next row.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="From">Layer whose input is read.</param>
/// <param name="ToKind">block, or predicted = what the model predicts.</param>
/// <param name="To">The next layer whose input is read.</param>
/// <param name="Changed">Tokens whose first word differs.</param>
/// <param name="Tokens">Of how many.</param>
public sealed record EvolutionChange(int Prompt, int From, StateKind ToKind, int? To, int Changed, int Tokens);

/// <summary>Options of <c>token-evolution</c>.</summary>
public sealed record TokenEvolutionOptions : TokenFilter
{
    /// <summary>Layers.</summary>
    [Help("Layers whose inputs are read: all, 3, 0,2-4; -1 is the last. What the model predicts is always the last row.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Norm.</summary>
    [Help("final: through the final norm, recomputed on each state; final-but-embed: so, but the embedding as it is; none: raw states. The last row is always the model's own prediction.")]
    public StateNorm Norm { get; init; }
}
