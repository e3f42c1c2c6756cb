namespace PluginLens.Plugins.Attribution;

/// <summary>
/// What each head and each MLP writes at a position, as words: for c = z W_O of a head, b_O, or the output of an MLP, <c>score(t) = ((c - mean(c)) / s * w) · u_t</c> with s the
/// scale of the final norm in the whole pass. That is what c adds to the logit of t, for all tokens at once: z is weighted by the attention, s by the rest of the stream. The
/// final norm's bias and b_U belong to no term. Before a soft-cap.
/// </summary>
[Analysis("head-lens", "What each head and MLP writes, as words",
    Answers = "For a position of a prompt, the tokens whose logits each head and each MLP raises (or lowers) most.",
    Source = "direct logit attribution: Elhage et al., A Mathematical Framework for Transformer Circuits; the logit lens on what heads write")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "an encoder's head stands between its states and the logits")]
[Holds(Verdict.Undefined, Trait.PostNorm, "a norm follows each residual sum, so the final state is no sum of terms")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "scores add to the logits before their soft-cap")]
[Writes("head-lens", typeof(WrittenWord))]
public sealed class HeadLens : Analysis<HeadLensOptions>
{
    /// <summary>Vectors that go through the vocabulary together: it is read once for all of them.</summary>
    private const int Together = 4096;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, HeadLensOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var (written, similar, final) = (new WrittenTerms(model, context.Compute, heads, options.HeadsOnly), new SimilarWords(context, options, options.K), new FinalReading(model, context.Compute));
        context.Results.Note(NoteLine.Of(
            options.Order switch { RowOrder.Smallest => "logits taken away", RowOrder.LargestAbsolute => "logits added or taken away", _ => "logits added" },
            final.Norm is null ? "no final norm" : "the scale of the final norm is that of the whole pass, its bias and b_U are left out", similar.Description, $"weights {config.ProcessingName}"));
        var table = context.Results.Table<WrittenWord>("head-lens", groupBy: 7, options.Unasked("LargeNorm"));
        var last = $"blocks.{config.NLayers - 1}.hook_resid_post";
        foreach (var batch in PromptBatches.Run(context, model, prompts, [.. layers.SelectMany(written.Hooks).Append(last)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            var positions = options.Position.Of(tokens.Length, "position");
            var states = batch.Activations[last][0].AsMatrix();
            double[] scales = [.. positions.Select(position => final.Norm?.Moments(states.Row(position)).Scale ?? 1)];
            var grid = new Dictionary<(int At, int Layer, string Column), TokenCell>();
            foreach (var some in layers.Chunk(Math.Max(1, Together / (written.PerPosition * positions.Count))))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(some[0], config.NLayers, $"prompt {batch.First}, layer {some[0]}"));
                var parts = some.Select(layer => written.Of(layer, batch.Activations, positions)).ToList();
                WrittenTerm[] terms = [.. parts.SelectMany(part => part.Terms)];
                float[] values = [.. parts.SelectMany(part => part.Rows.Data.ToArray())];
                for (var at = 0; at < values.Length; at++)
                {
                    values[at] = (float)(values[at] / scales[terms[at / config.DModel].At]);
                }

                var rows = new Matrix(values, terms.Length, config.DModel);
                foreach (var (term, list) in terms.Zip(similar.Of(final.Writing, rows, Similarity.Dot, options.Order)))
                {
                    var position = positions[term.At];
                    grid[(term.At, term.Layer, Column(term.Kind, term.Head))] = similar.Cell(list);
                    foreach (var (rank, id) in list.Ids.Index())
                    {
                        table.Add(new WrittenWord(
                            batch.First, position, model.Token(tokens[position]), term.Layer, term.Kind, term.Head, rank + 1, model.Token(id), list.Scores[rank], similar.IsLargeNorm(id), similar.IsHighBias(list)));
                    }
                }
            }

            string[] columns = [.. heads.Select(head => Column(ContributionKind.Head, head)), .. grid.Keys.Select(key => key.Column).Where(column => !int.TryParse(column, out _)).Distinct()];
            foreach (var (at, position) in positions.Index())
            {
                context.Results.Figure($"head-lens-{batch.First}-{position}", new TokenGrid(
                    $"The first word that each head and MLP writes at {PromptLabels.Of(model, tokens, [position])[0]}", "head", "layer", columns, [.. layers.Select(layer => $"{layer}")],
                    [.. layers.Select(layer => columns.Select(column => grid.GetValueOrDefault((at, layer, column)) ?? new TokenCell(string.Empty, null)).ToArray())]));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, HeadLensOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        double perPosition = new WrittenTerms(model, context.Compute, heads, options.HeadsOnly).PerPosition;
        double Vectors(Prompt prompt) => perPosition * options.Position.Of(prompt.Tokens.Length, "position").Count * layers.Count;
        return Costs.Sum(
            Costs.Widened(model),
            Costs.InTurn(prompts.Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false),
                new Cost(0, 2.0 * sizeof(float) * prompt.Tokens.Length * layers.Count * ((config.NHeads * config.DHead) + config.DModel)),
                HeadPatterns.CostOf(config, heads.Count, Vectors(prompt) / perPosition, products: 1),
                SimilarWords.CostOf(model, options, options.K, Vectors(prompt))))),
            Costs.Rows<WrittenWord>(prompts.Sum(Vectors) * Math.Min(options.K, config.DVocab)));
    }

    private static string Column(ContributionKind kind, int? head) => kind switch { ContributionKind.Head => $"{head}", ContributionKind.Mlp => "MLP", _ => "b_O" };
}

/// <summary>One rank of what a head or an MLP writes.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Position">Position in the sequence, from 0.</param>
/// <param name="Input">The token at that position.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Kind">Head, attention-bias (b_O) or mlp.</param>
/// <param name="Head">Query head; none for the others.</param>
/// <param name="Rank">1 = first.</param>
/// <param name="Token">A token whose logit is changed.</param>
/// <param name="Score">What is added to that logit.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">Whether the list is made of tokens with a high bias in the logits.</param>
public sealed record WrittenWord(int Prompt, int Position, Token Input, int Layer, ContributionKind Kind, int? Head, int Rank, Token Token, double Score, bool? LargeNorm, bool? HighBias);

/// <summary>Options of <c>head-lens</c>.</summary>
public sealed record HeadLensOptions : ListOptions
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
    public int K { get; init; } = 5;

    /// <summary>Which end.</summary>
    [Help("largest: tokens whose logits are raised most; smallest: lowered most; largest-absolute: changed most.")]
    public RowOrder Order { get; init; }

    /// <summary>Without MLPs.</summary>
    [Help("Heads alone: leave MLPs and b_O out.")]
    public bool HeadsOnly { get; init; }
}
