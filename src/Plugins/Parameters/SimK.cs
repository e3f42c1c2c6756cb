namespace PluginLens.Plugins.Parameters;

/// <summary>
/// Corresponding parameters meet inside the model, so their words should overlap: Jaccard index of the top-k sets of (K, V), (W_V, W_O) and (W_Q, W_K)
/// pairs, averaged over a layer, against the exact mean over all pairs of the layer. Dar et al., "Analyzing Transformers in Embedding
/// Space", appendix B.1. The authors' code ranks by absolute value (<c>--abs</c>, the default here).
/// </summary>
[Analysis("sim-k", "Similarity of corresponding parameters",
    Answers = "How much the words of paired parameters (K-V, W_V-W_O, W_Q-W_K) overlap, layer by layer, against all other pairs.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, appendix B.1")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.Rotary, "query and key columns are rotated by position before they meet")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("sim-k", typeof(SimKRow))]
public sealed class SimK : Analysis<SimKOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, SimKOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var sides = new VocabularySides(model, options.Embedding);
        var parameters = new ParameterVectors(model, options.Key == GatedKey.In);
        var words = new VectorWords(context, parameters, sides, options.Padding);
        var (layers, k) = (options.Layer.Of(config.NLayers, "layer"), Math.Min(options.K, words.Tokens));
        var order = options.Abs ? RowOrder.LargestAbsolute : RowOrder.Largest;
        var table = context.Results.Table<SimKRow>("sim-k");
        context.Results.Note(NoteLine.Of(
            $"top {k} by {(options.Abs ? "absolute value" : "value")}",
            sides.Description,
            $"weights {config.ProcessingName}",
            config.GatedMlp ? $"keys are columns of {parameters.Matrix(ParameterGroup.K)}" : null,
            PaddingNote.Of(model, new TokenFilter { Padding = options.Padding }),
            options.Shuffle is { } seed ? $"baseline: one permutation within the layer, seed {seed}" : "baseline: mean over all pairs of the layer"));
        var rows = new List<SimKRow>();
        foreach (var layer in layers)
        {
            foreach (var (first, second, name) in Pairs(config))
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(rows.Count, layers.Count * Pairs(config).Length, $"layer {layer} {name}"));
                var left = Sets(words, config, first, layer, options, order);
                var right = Sets(words, config, second, layer, options, order);
                var row = new SimKRow(
                    layer, name, Jaccards.Corresponding(left, right),
                    options.Shuffle is { } fixedSeed ? Jaccards.Shuffled(left, right, fixedSeed) : Jaccards.AllPairs(left, right, config.DVocab));
                rows.Add(row);
                table.Add(row);
            }
        }

        foreach (var (_, _, name) in Pairs(config))
        {
            var own = rows.FindAll(row => row.Pair == name);
            context.Results.Figure($"sim-k-{name.ToLowerInvariant().Replace('_', '-')}", new Chart(
                $"Sim_{k} of {name} pairs", "layer", "mean Jaccard index", [.. own.Select(row => $"{row.Layer}")],
                [new Series("corresponding", [.. own.Select(row => (double?)row.Sim)]), new Series("random", [.. own.Select(row => (double?)row.Random)])]));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, SimKOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var words = new VectorWords(context, new ParameterVectors(model), new VocabularySides(model, options.Embedding), options.Padding);
        double layers = options.Layer.Of(config.NLayers, "layer").Count, pairs = Pairs(config).Length;
        var lists = Pairs(config).Select(pair => Costs.Sum(words.CostOf(pair.Item1, options.K), words.CostOf(pair.Item2, options.K)));
        return Costs.Sum(Costs.Widened(model), Costs.Times(layers, Costs.InTurn(lists)), Costs.Rows<SimKRow>(2 * layers * pairs));
    }

    private static (ParameterGroup, ParameterGroup, string)[] Pairs(ModelConfig config)
    {
        (ParameterGroup, ParameterGroup, string)[] heads = [(ParameterGroup.WV, ParameterGroup.WO, "W_V-W_O"), (ParameterGroup.WQ, ParameterGroup.WK, "W_Q-W_K")];
        return config.AttnOnly ? heads : [(ParameterGroup.K, ParameterGroup.V, "K-V"), .. heads];
    }

    /// <summary>One set of ids for each vector; key-value heads repeated for each of their query heads.</summary>
    private static int[][] Sets(VectorWords words, ModelConfig config, ParameterGroup group, int layer, SimKOptions options, RowOrder order)
    {
        var lists = words.Of(group, layer, options.K, order);
        var shared = group is ParameterGroup.WK or ParameterGroup.WV && config.KeyValueHeads != config.NHeads;
        return shared
            ? [.. Enumerable.Range(0, config.NHeads).SelectMany(head => Enumerable.Range(0, config.DHead).Select(j => lists.IdsOf((config.KeyValueHeadOf(head) * config.DHead) + j).ToArray()))]
            : [.. Enumerable.Range(0, lists.Rows).Select(row => lists.IdsOf(row).ToArray())];
    }
}

/// <summary>One kind of pair in one layer.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Pair"><c>K-V</c>, <c>W_V-W_O</c> or <c>W_Q-W_K</c>.</param>
/// <param name="Sim">Mean Jaccard index of corresponding pairs, 0 to 1.</param>
/// <param name="Random">The same for pairs that do not correspond (the baseline).</param>
public sealed record SimKRow(int Layer, string Pair, double Sim, double Random);

/// <summary>Options of <c>sim-k</c>.</summary>
public sealed record SimKOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Size of the sets.</summary>
    [AtLeast(1)]
    [Help("Tokens per set.")]
    public int K { get; init; } = 100;

    /// <summary>By absolute value.</summary>
    [Help("Rank tokens by the absolute value of their product, as the authors' code does; --abs false ranks by value, as the text says.")]
    public bool Abs { get; init; } = true;

    /// <summary>Baseline.</summary>
    [Help("Baseline from one random permutation with this seed (the original's way) instead of the exact mean over all pairs.")]
    public int? Shuffle { get; init; }

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Padding ids.</summary>
    [Help("Ids beyond the tokenizer (padding of the vocabulary, without text): keep or drop.")]
    public Padding Padding { get; init; } = Padding.Drop;

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for what reads the stream, W_U for what writes it; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}
