using System.Numerics;

namespace PluginLens.Plugins.AttentionTokens;

/// <summary>Which tokens two heads have in common: the intersection of the sets that their vectors read as, for every pair of heads that has any. "Attention tokens" (shared tokens and their heat map).</summary>
[Analysis("shared-tokens", "Tokens that heads have in common",
    Answers = "For each pair of heads the tokens that the vectors of both read as.",
    Source = "Attention tokens (shared tokens)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("shared-tokens", typeof(SharedTokenRow))]
public sealed class SharedTokens : Analysis<SharedTokensOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, SharedTokensOptions options)
    {
        var tally = new TokenTally(AttentionDataset.Read(context, options), options.Component);
        var heads = tally.Heads.ToList();

        // A bit a token: the common ones of two heads are a word-by-word "and".
        var sets = heads.ConvertAll(head =>
        {
            var bits = new ulong[(context.Model.Config.DVocab + 63) / 64];
            foreach (var token in tally.Tokens(head))
            {
                bits[token / 64] |= 1UL << (token % 64);
            }

            return bits;
        });
        var table = context.Results.Table<SharedTokenRow>("shared-tokens", groupBy: 2);
        var map = heads.ConvertAll(_ => new double?[heads.Count]);
        for (var first = 0; first < heads.Count; first++)
        {
            for (var second = first + 1; second < heads.Count; second++)
            {
                var shared = Common(sets[first], sets[second]);
                map[second][first] = shared.Count;
                if (shared.Count > 0)
                {
                    table.Add(new SharedTokenRow(
                        heads[first].Layer, heads[first].Head, heads[second].Layer, heads[second].Head, shared.Count,
                        string.Join(' ', shared.Take(options.List).Select(token => context.Model.Token(token).Text.Trim() is { Length: > 0 } text ? text : $"#{token}")), string.Join(',', shared.Take(options.List))));
                }
            }
        }

        string[] labels = [.. heads.Select(head => $"{head.Layer}.{head.Head}")];
        context.Results.Figure("shared-tokens", new Heatmap($"Tokens of {options.Component.ToString().ToLowerInvariant()} that two heads share", "head", "head", labels, labels, [.. map]));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, SharedTokensOptions options)
    {
        double heads = (double)options.Layer.Of(context.Model.Config.NLayers, "layer").Count * options.Head.Of(context.Model.Config.NHeads, "head").Count;
        return Costs.Sum(AttentionDataset.CostOf(context, options), new Cost(heads * heads * context.Model.Config.DVocab / 64, heads * context.Model.Config.DVocab / 8), Costs.Rows<SharedTokenRow>(heads * heads / 2));
    }

    /// <summary>Ids in both sets, ascending.</summary>
    private static List<int> Common(ulong[] one, ulong[] other)
    {
        var common = new List<int>();
        for (var word = 0; word < one.Length; word++)
        {
            for (var bits = one[word] & other[word]; bits != 0; bits &= bits - 1)
            {
                common.Add((word * 64) + BitOperations.TrailingZeroCount(bits));
            }
        }

        return common;
    }
}

/// <summary>Two heads.</summary>
/// <param name="FirstLayer">Layer of the first.</param>
/// <param name="FirstHead">The first.</param>
/// <param name="SecondLayer">Layer of the second.</param>
/// <param name="SecondHead">The second; later in the order of layers and heads.</param>
/// <param name="Shared">Tokens of both.</param>
/// <param name="Words">The tokens, in the order of their ids; as many as <c>--list</c>.</param>
/// <param name="Ids">Their ids, ascending.</param>
public sealed record SharedTokenRow(int FirstLayer, int FirstHead, int SecondLayer, int SecondHead, int Shared, string Words, string Ids);

/// <summary>Options of <c>shared-tokens</c>.</summary>
public sealed record SharedTokensOptions : DatasetOptions
{
    /// <summary>Tokens listed.</summary>
    [AtLeast(1)]
    [Help("Tokens listed of each pair; their number is that of all.")]
    public int List { get; init; } = 100;
}
