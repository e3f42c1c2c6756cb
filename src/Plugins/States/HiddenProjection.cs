namespace PluginLens.Plugins.States;

/// <summary>
/// Reads hidden states as words: <c>norm_final(h) W_U + b_U</c> for any state of the residual stream and any position, the norm recomputed on that state.
/// At the last block's output these are the model's logits (before a soft-cap). Post-norm models: <c>h W_U</c>, or through the masked-LM head where asked. Dar et al., "Analyzing Transformers in Embedding Space", section 2.2.
/// </summary>
[Analysis("hidden-projection", "Hidden states as words",
    Answers = "The tokens that a hidden state of any layer and position stands for, through the final norm and the unembedding.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 2.2")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "states are read without the masked-LM head unless --head is given")]
[Holds(Verdict.Approximate, Trait.PostNorm, "states are normed block by block; no final norm is applied, and b_U is added with --head only")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "scores are before the soft-cap of the logits, which keeps their order")]
[Writes("hidden-projection", typeof(StateWord))]
public sealed class HiddenProjection : Analysis<HiddenProjectionOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, HiddenProjectionOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var reading = new StateReading(model, options.Embedding, options.Head);
        var hooks = States(model, options, reading);
        var norm = options.Norm != StateNorm.None ? reading.Norm : null;
        var similar = new SimilarWords(context, options, options.K, flagLists: false);
        var vocabulary = reading.Sides.Compared(writes: true).With(reading.Bias);
        var table = context.Results.Table<StateWord>("hidden-projection", groupBy: 5, options.Unasked("LargeNorm", "HighBias"));
        var raw = norm is not null && options.Norm == StateNorm.FinalButEmbed ? " but the embedding" : string.Empty;
        context.Results.Note(NoteLine.Of(
            Described(options.At),
            reading.Head ? "through the masked-LM head" : norm is null ? "no norm" : $"final norm recomputed on each state{raw}",
            $"{reading.Sides.Name(writes: true)}{(reading.Bias is null || options.Cosine != CosineOf.None ? string.Empty : " and b_U")}",
            $"weights {config.ProcessingName}",
            similar.Description));
        var prompts = context.RequirePrompts();
        foreach (var (index, _, run) in PromptBatches.Run(context, model, prompts, [.. hooks.Select(hook => hook.Hook)], most: 1))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var tokens = prompts[index].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");

            // The states of all layers in one search, which reads the vocabulary once.
            var states = new float[hooks.Count * positions.Count * config.DModel];
            foreach (var (at, state) in hooks.Index())
            {
                var rows = reading.Rows(tokens, run[state.Hook]);
                foreach (var (column, position) in positions.Index())
                {
                    var vector = states.AsSpan(((at * positions.Count) + column) * config.DModel, config.DModel);
                    rows.CopyRow(position, vector);
                    if (state.Kind != StateKind.Embed || options.Norm != StateNorm.FinalButEmbed)
                    {
                        norm?.Apply(vector, vector);
                    }
                }
            }

            foreach (var (row, list) in similar.Of(vocabulary, new Matrix(states, hooks.Count * positions.Count, config.DModel), Similarity.Dot).Index())
            {
                var (state, position) = (hooks[row / positions.Count], positions[row % positions.Count]);
                foreach (var (rank, id) in list.Ids.Index())
                {
                    table.Add(new StateWord(
                        index, state.Kind, state.Layer, position, model.Token(tokens[position]), rank + 1, model.Token(id), list.Scores[rank], similar.IsLargeNorm(id), similar.IsHighBias(list)));
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, HiddenProjectionOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var hooks = States(model, options, new StateReading(model, options.Embedding, options.Head));
        var (kept, layers) = (Costs.Kept(model, BpeFilters.Mask(model, options)), options.Layer.Of(config.NLayers, "layer").Max() + 1);
        var prompts = context.RequirePrompts();
        int Positions(Prompt prompt) => options.Position.Of(prompt.Tokens.Length, "position").Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, layers, logits: false),
                new Cost(0, 2.0 * sizeof(float) * hooks.Count * prompt.Tokens.Length * config.DModel),
                SimilarWords.CostOf(model, options, options.K, (double)hooks.Count * Positions(prompt))))),
            Costs.Rows<StateWord>(prompts.Sum(prompt => (double)Positions(prompt)) * hooks.Count * Math.Min(options.K, kept)));
    }

    private static string Described(StatePoint point) => point switch
    {
        StatePoint.Pre => "block inputs",
        StatePoint.Mid => "states between attention and MLP",
        StatePoint.AttnOut => "what attention adds",
        StatePoint.MlpOut => "what the MLP adds",
        _ => "block outputs",
    };

    private static List<ReadState> States(Model model, HiddenProjectionOptions options, StateReading reading)
    {
        var config = model.Config;
        var point = options.At switch
        {
            StatePoint.Pre => "hook_resid_pre",
            StatePoint.Mid => "hook_resid_mid",
            StatePoint.AttnOut => "hook_attn_out",
            StatePoint.MlpOut => "hook_mlp_out",
            _ => reading.Output,
        };
        var layers = options.Layer.Of(config.NLayers, "layer");
        var states = layers.Select(layer => ReadState.Of(layer, $"blocks.{layer}.{point}")).ToList();
        if (layers[0] == 0 && options.At == StatePoint.Post)
        {
            states.Insert(0, ReadState.Embed("blocks.0.hook_resid_pre"));
        }

        return states.TrueForAll(state => model.Hooks.ContainsKey(state.Hook)) ? states : throw new UsageException(
            $"--at: model '{config.Name}' has no {point}; 'pluginlens inspect {config.Name}' lists its hooks.");
    }
}

/// <summary>One rank of a state's list.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Kind">embed = the input of layer 0, which belongs to no layer.</param>
/// <param name="Layer">Layer that the state belongs to.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">What the state stands for.</param>
/// <param name="Score">Logit; compared as the note says.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the list is made of tokens with a high bias in the logits.</param>
public sealed record StateWord(int Prompt, StateKind Kind, int? Layer, int Position, Token Input, int Rank, Token Token, double Score, bool? LargeNorm = null, bool? HighBias = null);

/// <summary>Options of <c>hidden-projection</c>.</summary>
public sealed record HiddenProjectionOptions : VectorOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers whose outputs are read (the input of layer 0 comes with layer 0): all, 3, 0,2-4.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Positions.</summary>
    [Help("Positions: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.Parse("-1");

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Where in the block.</summary>
    [Help("Which state of a block: post (its output), pre (its input), mid (between attention and MLP), attn-out or mlp-out (what these add).")]
    public StatePoint At { get; init; }

    /// <summary>Norm.</summary>
    [Help("final: through the final norm, recomputed on each state; final-but-embed: so, but the embedding as it is; none: raw states.")]
    public StateNorm Norm { get; init; }

    /// <summary>Masked-LM head.</summary>
    [Help("BERT and its kin: take states through the masked-LM head, which stands before the unembedding.")]
    public bool Head { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix of the words. auto and output: W_U, with b_U; input: W_E.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>What happens to a state before the unembedding.</summary>
public enum StateNorm
{
    /// <summary>The final norm, recomputed on the state.</summary>
    Final,

    /// <summary>The same, but the embedding is read as it is.</summary>
    FinalButEmbed,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>A point of the residual stream in a block.</summary>
public enum StatePoint
{
    /// <summary>The block's output.</summary>
    Post,

    /// <summary>The block's input.</summary>
    Pre,

    /// <summary>Between attention and MLP.</summary>
    Mid,

    /// <summary>What attention adds.</summary>
    AttnOut,

    /// <summary>What the MLP adds.</summary>
    MlpOut,
}
