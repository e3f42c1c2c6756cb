namespace PluginLens.Plugins.AttentionTokens;

/// <summary>How many different tokens each head's vectors read as, and how evenly: distinct tokens per head, and frequency against rank. "Attention tokens" (scatters of distinct tokens).</summary>
[Analysis("unique-tokens", "How many different tokens each head reads as",
    Answers = "For each head how many different tokens its queries, keys, values or products read as, and how much the commonest of them takes.",
    Source = "Attention tokens (distinct tokens per head)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("unique-tokens", typeof(UniqueTokenRow))]
public sealed class UniqueTokens : Analysis<UniqueTokensOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, UniqueTokensOptions options)
    {
        var tally = new TokenTally(AttentionDataset.Read(context, options), options.Component, options.Counted);
        var table = context.Results.Table<UniqueTokenRow>("unique-tokens", groupBy: 1);
        List<ScatterPoint> byHead = [], byLayer = [], byRank = [];
        foreach (var head in tally.Heads)
        {
            var (tokens, total, label) = (tally.Tokens(head).Count, tally.Total(head), $"L{head.Layer}H{head.Head}");
            var most = tally.Ranked(head).First();
            table.Add(new UniqueTokenRow(head.Layer, head.Head, tokens, total, context.Model.Token(most.Token), most.Count / (double)total));
            byHead.Add(new ScatterPoint((head.Layer * context.Model.Config.NHeads) + head.Head, tokens, label, $"layer {head.Layer}"));
            byLayer.Add(new ScatterPoint(head.Head, tokens, label, $"layer {head.Layer}"));

            // One point a rank: tokens as frequent lie on one spot.
            byRank.AddRange(tally.Ranked(head).DistinctBy(token => token.Rank).Take(options.Ranks).Select(token => new ScatterPoint(token.Rank, token.Count, $"{label} {context.Model.Token(token.Token).Text}", label)));
        }

        var component = options.Component.ToString().ToLowerInvariant();
        context.Results.Figure("unique-by-head", new Scatter($"Different tokens of {component} in each head", "head, counted through all layers", "different tokens", byHead));
        context.Results.Figure("unique-by-layer", new Scatter($"Different tokens of {component} in each head of a layer", "head of the layer", "different tokens", byLayer));
        context.Results.Figure("frequency-by-rank", new Scatter($"How frequent the tokens of {component} are", "rank in the head", "frequency", byRank));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, UniqueTokensOptions options)
    {
        double heads = (double)options.Layer.Of(context.Model.Config.NLayers, "layer").Count * options.Head.Of(context.Model.Config.NHeads, "head").Count;
        return Costs.Sum(AttentionDataset.CostOf(context, options), new Cost(0, 100 * heads * options.Ranks), Costs.Rows<UniqueTokenRow>(heads));
    }
}

/// <summary>A head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Tokens">Different tokens.</param>
/// <param name="Counted">Cells or positions that were counted.</param>
/// <param name="MostFrequent">The commonest token.</param>
/// <param name="Share">Its share of what was counted, 0 to 1.</param>
public sealed record UniqueTokenRow(int Layer, int Head, int Tokens, long Counted, Token MostFrequent, double Share);

/// <summary>Options of <c>unique-tokens</c>.</summary>
public sealed record UniqueTokensOptions : DatasetOptions
{
    /// <summary>What is counted.</summary>
    [Help("cells: a query's token counts once for each key before it, as in the document; positions: once (of q, k and v).")]
    public CountOf Counted { get; init; }

    /// <summary>Ranks drawn.</summary>
    [AtLeast(1)]
    [Help("Ranks of each head drawn in the figure of frequencies.")]
    public int Ranks { get; init; } = 200;
}
