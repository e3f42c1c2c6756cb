namespace PluginLens.Plugins.Messages;

/// <summary>
/// What the model adds to each token's logit whatever the text: <c>b_U + b_final W_U</c>, minus its mean over the vocabulary. Lists made of its ends say little:
/// it is what the flag <c>high_bias</c> of the other analyses is made from. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("vocab-bias", "The bias of each token",
    Answers = "Which tokens the model prefers or avoids whatever the text says: the bias of each token's logit.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "the bias is that before the soft-cap of the logits")]
[Writes("vocab-bias", typeof(BiasedToken))]
public sealed class VocabBias : Analysis<VocabBiasOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, VocabBiasOptions options)
    {
        var model = context.Model;
        var (bias, mask) = (new VocabularyBias(model), options.Mask(model));
        context.Results.Note(NoteLine.Of(
            bias.IsZero ? "the model has neither b_U nor a bias of the norm before it: every token's bias is 0" : "mean over the vocabulary 0",
            PaddingNote.Of(model, options),
            $"weights {model.Config.ProcessingName}"));
        var table = context.Results.Table<BiasedToken>("vocab-bias", groupBy: 1);
        int[] kept = [.. Enumerable.Range(0, bias.Values.Count).Where(id => mask?[id] != false)];
        var highest = kept.OrderByDescending(id => bias.Values[id]).ThenBy(id => id).Take(options.K).ToArray();
        var lowest = kept.OrderBy(id => bias.Values[id]).ThenBy(id => id).Take(options.K).ToArray();
        foreach (var (end, ids) in new[] { (BiasEnd.Highest, highest), (BiasEnd.Lowest, lowest) })
        {
            foreach (var (rank, id) in ids.Index())
            {
                table.Add(new BiasedToken(end, rank + 1, model.Token(id), bias.Values[id]));
            }
        }

        int[] shown = [.. highest, .. lowest.Reverse()];
        context.Results.Figure("vocab-bias", new Chart(
            "Tokens with the highest and the lowest bias", "token", "logit", [.. shown.Select(id => model.Token(id).Text)], [new Series("bias", [.. shown.Select(id => (double?)bias.Values[id])])], AsBars: true));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, VocabBiasOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        return Costs.Sum(
            Costs.Widened(model),
            new Cost(2.0 * config.DVocab * config.DModel, 2.0 * sizeof(double) * config.DVocab),
            Costs.Rows<BiasedToken>(2 * Math.Min(options.K, Costs.Kept(model, options.Mask(model)))));
    }
}

/// <summary>One token of an end of the order.</summary>
/// <param name="End">Which end.</param>
/// <param name="Rank">1 = outermost.</param>
/// <param name="Token">The token.</param>
/// <param name="Bias">Added to its logit, mean 0.</param>
public sealed record BiasedToken(BiasEnd End, int Rank, Token Token, double Bias);

/// <summary>An end of the order of tokens.</summary>
public enum BiasEnd
{
    /// <summary>Preferred tokens.</summary>
    Highest,

    /// <summary>Avoided tokens.</summary>
    Lowest,
}

/// <summary>Options of <c>vocab-bias</c>.</summary>
public sealed record VocabBiasOptions : TokenFilter
{
    /// <summary>Tokens per end.</summary>
    [AtLeast(1)]
    [Help("Tokens per end.")]
    public int K { get; init; } = 20;
}
