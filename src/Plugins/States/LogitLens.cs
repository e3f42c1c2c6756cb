namespace PluginLens.Plugins.States;

/// <summary>
/// The prediction as it stands after each layer: <c>p_l = softmax(norm_final(h_l) W_U + b_U)</c>, the norm recomputed on each state, soft-capped where the model does so.
/// Beside the words of each state: the entropy of p_l, the divergence <c>KL(p_final || p_l)</c>, and rank, probability, cross-entropy <c>-log p_l[t]</c> and logit of one token t.
/// </summary>
[Analysis("logit-lens", "The prediction, layer by layer",
    Answers = "What the model would predict after each layer, how sure it would be, and where a token stands.",
    Source = "McCormick, pattern projections, section 2; statistics as in the tuned lens")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "states of an encoder are read through its head, not through a final norm")]
[Holds(Verdict.Approximate, Trait.PostNorm, "states are normed block by block; no final norm is applied")]
[Writes("logit-lens", typeof(LensState))]
[Writes("words", typeof(LensWord))]
public sealed class LogitLens : Analysis<LogitLensOptions>
{
    /// <summary>States whose logits are held at a time: each such block reads the vocabulary once.</summary>
    private const int Block = 256;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, LogitLensOptions options)
    {
        var model = context.Model;
        var prompts = context.RequirePrompts();
        var lens = new LensReading(model, context.Compute, options.Norm);
        int? given = options.Target is { } text ? OneToken.Of(model, "--target", text) : null;
        var setup = new Setup(model, lens, options, given, new SimilarWords(context, options, options.K, flagLists: false), Layers(model, options));
        var states = context.Results.Table<LensState>("logit-lens", groupBy: 4);
        var words = context.Results.Table<LensWord>("words", groupBy: 6, options.Unasked("LargeNorm", "HighBias"));
        context.Results.Note(NoteLine.Of(lens.Description, $"weights {model.Config.ProcessingName}", setup.Similar.Description));
        context.Results.Note(NoteLine.Of(
            given is { } id ? $"target: token {id} everywhere" : options.Of == LensTarget.Next ? "target: the token that follows" : "target: what the model predicts in the end",
            "entropy, KL(final || layer) and cross-entropy in nats, over the whole vocabulary"));
        string[] hooks = [.. setup.Layers.Select(layer => layer.Hook).Append(lens.LastHook).Distinct()];
        var atATime = Math.Max(1, Block / (setup.Layers.Count + 1));
        foreach (var batch in PromptBatches.Run(context, model, prompts, hooks))
        {
            // Prompts of a batch are of one length; as many of them are read together as fill a block.
            var positions = options.Position.Of(batch.Prompts[0].Tokens.Length, "position");
            foreach (var rows in Enumerable.Range(0, batch.Prompts.Count).Chunk(Math.Max(1, atATime / positions.Count)))
            {
                var found = new List<(LensState State, LensWord[] Words)>();
                foreach (var some in rows.SelectMany(row => positions.Select(position => (row, position))).Chunk(atATime))
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    found.AddRange(Read(setup, batch, some));
                }

                foreach (var (state, list) in found)
                {
                    states.Add(state);
                    Array.ForEach(list, words.Add);
                }

                foreach (var (row, own) in rows.Zip(found.Chunk(positions.Count * setup.Layers.Count)))
                {
                    Draw(context, batch.First + row, batch.Prompts[row].Tokens, positions, setup.Layers, own);
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, LogitLensOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (kept, states) = (Costs.Kept(model, BpeFilters.Mask(model, options)), Layers(model, options).Count);
        var prompts = context.RequirePrompts();
        double Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        var all = prompts.Sum(Positions);
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Times(16, Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false)) with { Flops = Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false).Flops },
                new Cost(0, 16.0 * sizeof(float) * (states + 1) * prompt.Tokens.Length * config.DModel),
                Costs.Times(Positions(prompt), Costs.Product(states + 1, config.DModel, config.DVocab)) with { Bytes = LensReading.BytesOf(config, Math.Max(Block, states + 1)) },
                BestLogits.CostOf(config, options.K, Positions(prompt) * states),
                SimilarWords.CostOf(model, options, options.K, vectors: 0)))),
            Costs.Rows<LensState>(2 * all * states),
            Costs.Rows<LensWord>(2 * all * states * Math.Min(options.K, kept)));
    }

    /// <summary>Every layer at some positions of some prompts: one product with the vocabulary.</summary>
    private static IEnumerable<(LensState State, LensWord[] Words)> Read(Setup setup, PromptBatch batch, (int Row, int Position)[] places)
    {
        var (model, lens, layers) = (setup.Model, setup.Lens, setup.Layers);
        Matrix Activation(string hook, int row) => batch.Activations[hook][row].AsMatrix();

        // Where the last layer is not among the layers, or read otherwise, the states that the others are compared with come after theirs.
        var (count, last) = (layers.Count * places.Length, layers.FindIndex(layer => lens.IsLast(layer.Hook)));
        var states = lens.States([
            .. layers.SelectMany(layer => places.Select(place => (Activation(layer.Hook, place.Row), place.Position, layer.Kind == StateKind.Embed, false))),
            .. places.Where(_ => last < 0).Select(place => (Activation(lens.LastHook, place.Row), place.Position, false, true)),
        ]);
        var logits = lens.Logits(states);
        var lists = setup.Similar.Of((k, keep) => lens.Words(states.Slice(0, count), logits.Slice(0, count), k, keep), centred: true);
        var found = lens.Distributions(logits);
        foreach (var (at, (place, position)) in places.Index())
        {
            var (prompt, tokens, final) = (batch.First + place, batch.Prompts[place].Tokens, ((last < 0 ? layers.Count : last) * places.Length) + at);
            int? target = setup.Given ?? (setup.Options.Of == LensTarget.Predicted ? found.Best(final) : position + 1 < tokens.Length ? tokens[position + 1] : null);
            foreach (var (layer, read) in layers.Index())
            {
                var row = (layer * places.Length) + at;
                var mean = setup.Options.Center ? found.Mean(row) : 0;
                var state = new LensState(prompt, position, model.Token(tokens[position]), read.Kind, read.Layer, found.Entropy(row), found.Divergence(final, row), null, null, null, null, null);
                if (target is { } token)
                {
                    var log = found.Log(row, token);
                    state = state with
                    {
                        Target = model.Token(token), TargetRank = found.Rank(row, token), TargetProbability = Math.Exp(log), TargetCrossEntropy = -log, TargetLogit = found.Logit(row, token) - mean,
                    };
                }

                var list = lists[row];
                yield return (state, [.. list.Ids.Select((word, rank) => new LensWord(
                    prompt, position, state.Input, read.Kind, read.Layer, rank + 1, model.Token(word), lens.Capped(list.Scores[rank]) - mean, Math.Exp(found.Log(row, word)),
                    setup.Similar.IsLargeNorm(word), setup.Similar.IsHighBias(list)))]);
            }
        }
    }

    private static List<ReadState> Layers(Model model, LogitLensOptions options)
    {
        var layers = options.Layer.Of(model.Config.NLayers, "layer");
        var named = layers.Select(layer => ReadState.Of(layer, LensReading.Output(model, layer))).ToList();
        if (layers[0] == 0)
        {
            named.Insert(0, ReadState.Embed("blocks.0.hook_resid_pre"));
        }

        return named;
    }

    /// <summary>The grid of best words and that of the target's probability, the output at the top.</summary>
    private static void Draw(
        AnalysisContext context, int prompt, int[] tokens, IReadOnlyList<int> positions, List<ReadState> layers, (LensState State, LensWord[] Words)[] found)
    {
        var at = found.ToDictionary(entry => (entry.State.Position, entry.State.Layer));
        var upwards = Enumerable.Reverse(layers).ToList();
        string[] rows = [.. upwards.Select(layer => layer.Name)], columns = PromptLabels.Of(context.Model, tokens, positions);
        TokenCell Cell(ReadState layer, int position)
        {
            var list = at[(position, layer.Layer)].Words;
            return new TokenCell(list[0].Token.Text, list[0].Probability, string.Join(", ", list.Select(word => FormattableString.Invariant($"{word.Token.Text} {word.Probability:0.0000}"))));
        }

        context.Results.Figure($"lens-{prompt}", new TokenGrid(
            $"Logit lens of prompt {prompt}", "token", "after layer", columns, rows, [.. upwards.Select(layer => positions.Select(position => Cell(layer, position)).ToArray())]));
        context.Results.Figure($"target-{prompt}", new Heatmap(
            $"Probability of the target in prompt {prompt}", "token", "after layer", columns, rows,
            [.. upwards.Select(layer => positions.Select(position => at[(position, layer.Layer)].State.TargetProbability).ToArray())]));
    }

    private sealed record Setup(Model Model, LensReading Lens, LogitLensOptions Options, int? Given, SimilarWords Similar, List<ReadState> Layers);
}

/// <summary>What a state of the residual stream predicts, as a distribution.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Kind">embed = the input of layer 0, which is the output of no layer.</param>
/// <param name="Layer">Layer that the state is the output of.</param>
/// <param name="Entropy">Of the distribution, in nats.</param>
/// <param name="KlToFinal">KL(final || this), in nats.</param>
/// <param name="Target">The token followed; none where no token follows.</param>
/// <param name="TargetRank">1 = best, among the whole vocabulary.</param>
/// <param name="TargetProbability">Its probability.</param>
/// <param name="TargetCrossEntropy">-log of it, in nats.</param>
/// <param name="TargetLogit">Its logit.</param>
public sealed record LensState(
    int Prompt, int Position, Token Input, StateKind Kind, int? Layer, double Entropy, double KlToFinal, Token? Target, int? TargetRank, double? TargetProbability, double? TargetCrossEntropy, double? TargetLogit);

/// <summary>One rank of what a state predicts.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Kind">embed = the input of layer 0, which is the output of no layer.</param>
/// <param name="Layer">Layer that the state is the output of.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">The token predicted.</param>
/// <param name="Logit">Its logit.</param>
/// <param name="Probability">Its probability.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the list is made of tokens with a high bias in the logits.</param>
public sealed record LensWord(int Prompt, int Position, Token Input, StateKind Kind, int? Layer, int Rank, Token Token, double Logit, double Probability, bool? LargeNorm = null, bool? HighBias = null);

/// <summary>Options of <c>logit-lens</c>.</summary>
public sealed record LogitLensOptions : WordOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers whose outputs are read (the input of layer 0 comes with layer 0): all, 3, 0,2-4.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 5;

    /// <summary>Norm.</summary>
    [Help("final: through the final norm, recomputed on each state; final-but-embed: so, but the embedding as it is; none: raw states.")]
    public StateNorm Norm { get; init; }

    /// <summary>The token followed.</summary>
    [Help("A token to follow through the layers; without it --of says which.")]
    public string? Target { get; init; }

    /// <summary>Which token is followed.</summary>
    [Help("The token that is followed at each position: predicted (by the model in the end) or next (the one that follows in the text).")]
    public LensTarget Of { get; init; }
}

/// <summary>The token that a lens follows.</summary>
public enum LensTarget
{
    /// <summary>The model's own prediction.</summary>
    Predicted,

    /// <summary>The next token of the text.</summary>
    Next,
}
