namespace PluginLens.Plugins.Circuits;

/// <summary>
/// Dimension j of head h pairs column j of W_Q with column j of W_K, and column j of W_V with row j of W_O. Their words are the
/// tokens with the largest product with the embeddings. Dar et al., "Analyzing Transformers in Embedding Space", section 3, table 1.
/// </summary>
[Analysis("subheads", "Attention subheads as words",
    Answers = "For each dimension of a head the tokens of its query and key columns, and of its value column and output row.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 3, table 1")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.Rotary, "query and key columns are rotated by position before they meet")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("subheads", typeof(SubheadWords))]
public sealed class Subheads : Analysis<SubheadOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, SubheadOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var sides = new VocabularySides(model, options.Embedding);
        var parameters = new ParameterVectors(model);
        var words = new VectorWords(context, parameters, sides);
        var keep = options.Mask(model);
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        var dimensions = options.Dimension.Of(config.DHead, "dimension");
        var table = context.Results.Table<SubheadWords>("subheads", groupBy: 3);
        context.Results.Note(NoteLine.Of(
            $"W_Q, W_K and W_V on {sides.Name(writes: false)}, W_O on {sides.Name(writes: true)}",
            $"weights {config.ProcessingName}",
            PaddingNote.Of(model, options),
            config.KeyValueHeads < config.NHeads ? "each key-value head beside the first of its query heads" : null));
        // A key-value head is listed once, beside the first of its query heads.
        int[] stored = [.. heads.Select(config.KeyValueHeadOf).Distinct()];
        foreach (var (at, layer) in layers.Index())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(at, layers.Count, $"layer {layer}"));
            var (queries, keys, values, outputs) = (Lists(ParameterGroup.WQ, heads), Lists(ParameterGroup.WK, stored), Lists(ParameterGroup.WV, stored), Lists(ParameterGroup.WO, heads));
            foreach (var (place, head) in heads.Index())
            {
                var shared = Array.IndexOf(stored, config.KeyValueHeadOf(head));
                var repeats = heads.Take(place).Any(other => config.KeyValueHeadOf(other) == stored[shared]);
                for (var row = 0; row < dimensions.Count; row++)
                {
                    for (var rank = 0; rank < queries.K; rank++)
                    {
                        Token Word(RowTopK lists, int of) => model.Token(lists.IdsOf((of * dimensions.Count) + row)[rank]);
                        table.Add(new SubheadWords(
                            layer, head, dimensions[row], rank + 1, Word(queries, place), repeats ? null : Word(keys, shared), repeats ? null : Word(values, shared), Word(outputs, place)));
                    }
                }
            }

            RowTopK Lists(ParameterGroup group, IReadOnlyList<int> of) => words.Few(
                ParameterVectors.Gather(parameters.Rows(group, layer), [.. of.SelectMany(head => dimensions.Select(dimension => (head * config.DHead) + dimension))]), ParameterVectors.Writes(group), options.K, keep);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, SubheadOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var kept = Costs.Kept(model, options.Mask(model));
        double layers = options.Layer.Of(config.NLayers, "layer").Count, dimensions = options.Dimension.Of(config.DHead, "dimension").Count;
        var heads = options.Head.Of(config.NHeads, "head");
        var stored = heads.Select(config.KeyValueHeadOf).Distinct().Count();
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(layers, Costs.Sum(
                Costs.TopRows(2 * (heads.Count + stored) * dimensions, config.DModel, kept, options.K),
                new Cost(0, 8.0 * sizeof(float) * config.NHeads * config.DHead * config.DModel))),
            Costs.Rows<SubheadWords>(layers * heads.Count * dimensions * Math.Min(options.K, kept)));
    }
}

/// <summary>One rank of the four lists of a head's dimension.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Dimension">Dimension of the head, 0 to d_head - 1.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Query">Token of the column of W_Q.</param>
/// <param name="Key">Token of the column of W_K; empty where an earlier query head reads the same key-value head.</param>
/// <param name="Value">Token of the column of W_V; empty likewise.</param>
/// <param name="Output">Token of the row of W_O.</param>
public sealed record SubheadWords(int Layer, int Head, int Dimension, int Rank, Token Query, Token? Key, Token? Value, Token Output);

/// <summary>Options of <c>subheads</c>.</summary>
public sealed record SubheadOptions : TokenFilter
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Dimensions.</summary>
    [Help("Dimensions of a head: all, 3, 0,2-4.")]
    public Selection Dimension { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for W_Q, W_K, W_V, W_U for W_O; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}
