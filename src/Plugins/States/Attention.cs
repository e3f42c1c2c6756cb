namespace PluginLens.Plugins.States;

/// <summary>
/// Who attends where in a prompt: the weights <c>A[q,k] = softmax_k(score)</c> of every head as the model computed them, the strongest of each query in a table, all of them as a
/// heat map a head. Beside them what each head does on average: its weight on the token itself, on the one before and on the first, and the entropy of its rows.
/// </summary>
[Analysis("attention", "Who attends where",
    Answers = "For each head and token of a prompt, the tokens that it attends to most.",
    Source = "hook_pattern of the forward pass")]
[Holds(Verdict.Exact, "it shows the weights that the model computed")]
[Writes("attention", typeof(AttentionWeight))]
[Writes("heads", typeof(AttentionHead))]
public sealed class Attention : Analysis<AttentionOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AttentionOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        var prompts = context.RequirePrompts();
        var table = context.Results.Table<AttentionWeight>("attention", groupBy: 4);
        var summary = context.Results.Table<AttentionHead>("heads", groupBy: 2);
        context.Results.Note(NoteLine.Of(
            options.K == 0 ? "every weight above --min" : $"the {options.K} largest weights of each query",
            options.Min > 0 ? FormattableString.Invariant($"weights below {options.Min} left out") : null,
            "averages over the queries chosen; those of the token before and of the first leave out query 0"));
        for (var index = 0; index < prompts.Count; index++)
        {
            var tokens = prompts[index].Tokens;
            var queries = options.Position.Of(tokens.Length, "position");
            var draws = tokens.Length <= options.Draw;
            if (!draws && options.Draw > 0)
            {
                context.Results.Note($"prompt {index} has {tokens.Length} tokens: no heat maps beyond --draw {options.Draw}");
            }

            foreach (var (layer, run) in LayerPasses.Of(context, prompts[index], layers))
            {
                foreach (var head in heads)
                {
                    var pattern = run[LayerPasses.Pattern(layer)][0][head].AsMatrix();
                    Add(table, summary, new Seen(model, index, tokens, layer, head, pattern, queries), options);
                    if (draws)
                    {
                        var labels = PromptLabels.Of(model, tokens, Enumerable.Range(0, tokens.Length));
                        context.Results.Figure($"attention-{index}-l{layer}h{head}", new Heatmap(
                            $"Attention of L{layer}H{head} in prompt {index}", "source token", "destination token", labels, [.. queries.Select(query => labels[query])],
                            [.. queries.Select(query => pattern.Row(query).ToArray().Select((weight, key) => key <= query || config.AttentionDir != "causal" ? weight : (double?)null).ToArray())])
                        {
                            // One scale for all heads, white where there is no attention: heads are compared with each other.
                            Scale = [new ColorStop(0, "white"), new ColorStop(0.5, "#67a9cf"), new ColorStop(1, "#053061")],
                        });
                    }
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AttentionOptions options)
    {
        var config = context.Model.Config;
        var layers = options.Layer.Of(config.NLayers, "layer");
        double heads = options.Head.Of(config.NHeads, "head").Count * (double)layers.Count;
        return Costs.Sum(context.RequirePrompts().Select(prompt =>
        {
            double length = prompt.Tokens.Length, queries = options.Position.Of(prompt.Tokens.Length, "position").Count;
            return Costs.Sum(
                LayerPasses.CostOf(config, prompt.Tokens.Length, layers),
                new Cost(0, length <= options.Draw ? 16 * heads * queries * length : 0),
                Costs.Rows<AttentionWeight>(heads * queries * (options.K == 0 ? length : Math.Min(options.K, length))),
                Costs.Rows<AttentionHead>(heads));
        }));
    }

    private static void Add(Table<AttentionWeight> table, Table<AttentionHead> summary, Seen seen, AttentionOptions options)
    {
        double self = 0, previous = 0, first = 0, entropy = 0;
        foreach (var query in seen.Queries)
        {
            var weights = seen.Pattern.Row(query).ToArray();
            self += weights[query];
            previous += query > 0 ? weights[query - 1] : 0;
            first += query > 0 ? weights[0] : 0;
            entropy -= weights.Sum(weight => weight > 0 ? weight * Math.Log(weight) : 0);
            var ranked = Enumerable.Range(0, weights.Length).Where(key => weights[key] > 0 && weights[key] >= options.Min).OrderByDescending(key => weights[key]).ThenBy(key => key);
            foreach (var (rank, key) in (options.K == 0 ? ranked : ranked.Take(options.K)).Index())
            {
                table.Add(new AttentionWeight(
                    seen.Prompt, seen.Layer, seen.Head, query, seen.Model.Token(seen.Tokens[query]), rank + 1, key, seen.Model.Token(seen.Tokens[key]), weights[key]));
            }
        }

        int count = seen.Queries.Count, later = seen.Queries.Count(query => query > 0);
        summary.Add(new AttentionHead(
            seen.Prompt, seen.Layer, seen.Head, self / count, later == 0 ? null : previous / later, later == 0 ? null : first / later, entropy / count));
    }

    private sealed record Seen(Model Model, int Prompt, int[] Tokens, int Layer, int Head, Matrix Pattern, IReadOnlyList<int> Queries);
}

/// <summary>One weight of a head.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">Position that attends, from 0.</param>
/// <param name="Query">The token there.</param>
/// <param name="Rank">1 = attended to most.</param>
/// <param name="Source">Position that is attended to.</param>
/// <param name="Key">The token there.</param>
/// <param name="Weight">0 to 1; those of a query sum to 1.</param>
public sealed record AttentionWeight(int Prompt, int Layer, int Head, int Position, Token Query, int Rank, int Source, Token Key, double Weight);

/// <summary>What a head does in a prompt on average.</summary>
/// <param name="Prompt">Index of the prompt, from 0.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Self">Mean weight on the token itself.</param>
/// <param name="Previous">Mean weight on the token before; none for a single token.</param>
/// <param name="First">Mean weight on the first token, of later ones; none for a single token.</param>
/// <param name="Entropy">Mean entropy of a row, in nats.</param>
public sealed record AttentionHead(int Prompt, int Layer, int Head, double Self, double? Previous, double? First, double Entropy);

/// <summary>Options of <c>attention</c>.</summary>
public sealed record AttentionOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Heads: all, 3, 0,2-4.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Positions that attend.</summary>
    [Help("Positions that attend: all, 3, 0,2-4; -1 is the last token.")]
    public Selection Position { get; init; } = Selection.All;

    /// <summary>Weights per query.</summary>
    [AtLeast(0)]
    [Help("Weights listed for each head and query, largest first; 0 = all.")]
    public int K { get; init; } = 3;

    /// <summary>The least weight listed.</summary>
    [AtLeast(0)]
    [Help("Weights below this are not listed.")]
    public double Min { get; init; }

    /// <summary>Up to which length heat maps are drawn.</summary>
    [AtLeast(0)]
    [Help("Heat maps of prompts up to this many tokens; 0 = none.")]
    public int Draw { get; init; } = 64;
}
