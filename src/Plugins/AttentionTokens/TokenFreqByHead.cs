namespace PluginLens.Plugins.AttentionTokens;

/// <summary>How often each token is what a head's vectors read as: frequency and dense rank of each token in each head. "Attention tokens" (token_freq_data), with heads by their own layer and number.</summary>
[Analysis("token-freq-by-head", "How often each head reads as which token",
    Answers = "For each head the tokens that its queries, keys, values or products read as, most frequent first.",
    Source = "Attention tokens (token_freq_data)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("token-freq-by-head", typeof(TokenFrequency))]
public sealed class TokenFreqByHead : Analysis<TokenFreqByHeadOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TokenFreqByHeadOptions options)
    {
        var tally = new TokenTally(AttentionDataset.Read(context, options), options.Component, options.Counted);
        var table = context.Results.Table<TokenFrequency>("token-freq-by-head", groupBy: 2);
        foreach (var head in tally.Heads)
        {
            double total = tally.Total(head);
            foreach (var (token, count, rank) in tally.Ranked(head))
            {
                table.Add(new TokenFrequency(head.Layer, head.Head, rank, context.Model.Token(token), count, count / total));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TokenFreqByHeadOptions options) =>
        Costs.Sum(AttentionDataset.CostOf(context, options), Costs.Rows<TokenFrequency>((double)context.Model.Config.NLayers * context.Model.Config.NHeads * 100));
}

/// <summary>A token of a head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">1 = most frequent; tokens as frequent share a rank.</param>
/// <param name="Token">The token.</param>
/// <param name="Frequency">How often.</param>
/// <param name="Share">Of all that was counted in the head, 0 to 1.</param>
public sealed record TokenFrequency(int Layer, int Head, int Rank, Token Token, long Frequency, double Share);

/// <summary>Options of <c>token-freq-by-head</c>.</summary>
public sealed record TokenFreqByHeadOptions : DatasetOptions
{
    /// <summary>What is counted.</summary>
    [Help("cells: a query's token counts once for each key before it, as in the document; positions: once (of q, k and v).")]
    public CountOf Counted { get; init; }
}
