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
        var similar = new SimilarWords(context, options, options.K, flagLists: false);
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        var dimensions = options.Dimension.Of(config.DHead, "dimension");
        var table = context.Results.Table<SubheadWords>("subheads", groupBy: 3, options.Unasked(
            "QueryLargeNorm", "KeyLargeNorm", "ValueLargeNorm", "OutputLargeNorm", "QueryHighBias", "KeyHighBias", "ValueHighBias", "OutputHighBias"));
        context.Results.Note(NoteLine.Of(
            $"W_Q, W_K and W_V on {sides.Name(writes: false)}, W_O on {sides.Name(writes: true)}",
            $"weights {config.ProcessingName}",
            similar.Description,
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
                    TokenList List(TokenList[] lists, int of) => lists[(of * dimensions.Count) + row];
                    var (query, key, value, output) = (List(queries, place), List(keys, shared), List(values, shared), List(outputs, place));
                    for (var rank = 0; rank < query.Ids.Length; rank++)
                    {
                        Token Word(TokenList list) => model.Token(list.Ids[rank]);
                        bool? Large(TokenList list) => similar.IsLargeNorm(list.Ids[rank]);
                        table.Add(new SubheadWords(
                            layer, head, dimensions[row], rank + 1, Word(query), repeats ? null : Word(key), repeats ? null : Word(value), Word(output),
                            Large(query), repeats ? null : Large(key), repeats ? null : Large(value), Large(output),
                            similar.IsHighBias(query), repeats ? null : similar.IsHighBias(key), repeats ? null : similar.IsHighBias(value), similar.IsHighBias(output)));
                    }
                }
            }

            TokenList[] Lists(ParameterGroup group, IReadOnlyList<int> of) => similar.Of(
                sides.Compared(ParameterVectors.Writes(group)),
                ParameterVectors.Gather(parameters.Rows(group, layer), [.. of.SelectMany(head => dimensions.Select(dimension => (head * config.DHead) + dimension))]),
                Similarity.Dot);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, SubheadOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var kept = Costs.Kept(model, BpeFilters.Mask(model, options));
        double layers = options.Layer.Of(config.NLayers, "layer").Count, dimensions = options.Dimension.Of(config.DHead, "dimension").Count;
        var heads = options.Head.Of(config.NHeads, "head");
        var stored = heads.Select(config.KeyValueHeadOf).Distinct().Count();
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(layers, Costs.Sum(
                SimilarWords.CostOf(model, options, options.K, 2 * (heads.Count + stored) * dimensions),
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
/// <param name="QueryLargeNorm">With <c>--flags</c>: whether the query's token has a large norm; likewise the next three.</param>
/// <param name="KeyLargeNorm">The key's.</param>
/// <param name="ValueLargeNorm">The value's.</param>
/// <param name="OutputLargeNorm">The output's.</param>
/// <param name="QueryHighBias">With <c>--flags</c>: whether the query's list is made of tokens with a high bias in the logits; likewise the next three.</param>
/// <param name="KeyHighBias">The key's.</param>
/// <param name="ValueHighBias">The value's.</param>
/// <param name="OutputHighBias">The output's.</param>
public sealed record SubheadWords(
    int Layer, int Head, int Dimension, int Rank, Token Query, Token? Key, Token? Value, Token Output, bool? QueryLargeNorm = null, bool? KeyLargeNorm = null, bool? ValueLargeNorm = null,
    bool? OutputLargeNorm = null, bool? QueryHighBias = null, bool? KeyHighBias = null, bool? ValueHighBias = null, bool? OutputHighBias = null);

/// <summary>Options of <c>subheads</c>.</summary>
public sealed record SubheadOptions : VectorOptions
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
