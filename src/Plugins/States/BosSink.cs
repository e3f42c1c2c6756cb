namespace PluginLens.Plugins.States;

/// <summary>
/// How much of its attention each head parks on the first token: the mean and the largest of <c>A[q,0]</c> over the queries q >= 1 of all prompts. Query 0 has nothing else to
/// attend to in a model that reads from left to right, so it takes part only where asked. McCormick, "Patterns and Messages", part 6.
/// </summary>
[Analysis("bos-sink", "Heads that park their attention on the first token",
    Answers = "How much of its attention each head puts on the first token of the prompts, on average and at most.",
    Source = "McCormick, Patterns and Messages, part 6")]
[Holds(Verdict.Exact, "it shows the weights that the model computed")]
[Writes("bos-sink", typeof(SinkHead))]
public sealed class BosSink : Analysis<BosSinkOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, BosSinkOptions options)
    {
        var (model, config, prompts) = (context.Model, context.Model.Config, context.RequirePrompts());
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        var (first, queries) = (options.IncludeFirst ? 0 : 1, prompts.Sum(prompt => Math.Max(0, prompt.Tokens.Length - (options.IncludeFirst ? 0 : 1))));
        var found = new SinkHead[layers.Count][];
        foreach (var (at, layer) in layers.Index())
        {
            found[at] = [.. heads.Select(head => new SinkHead(layer, head, null, null, null, queries))];
        }

        foreach (var some in layers.Index().Chunk(LayerPasses.PerPass(config, prompts.Max(prompt => prompt.Tokens.Length))))
        {
            foreach (var batch in PromptBatches.Run(context, model, prompts, [.. some.Select(entry => LayerPasses.Pattern(entry.Item))], most: 1))
            {
                foreach (var (at, layer) in some)
                {
                    var patterns = batch.Activations[LayerPasses.Pattern(layer)][0];
                    found[at] = Array.ConvertAll(found[at], head => With(head, patterns[head.Head].AsMatrix(), first));
                }
            }
        }

        var table = context.Results.Table<SinkHead>("bos-sink", groupBy: 1);
        SinkHead[] all = [.. found.SelectMany(row => row).Select(head => head.Mean is { } sum ? head with { Mean = sum / queries, Sink = sum / queries > options.Above } : head)];
        Array.ForEach(all, table.Add);
        context.Results.Note(NoteLine.Of(
            $"{queries} queries of {Counted.Of(prompts.Count, "prompt")}, {(options.IncludeFirst ? "the first tokens themselves included" : "the first tokens themselves left out")}",
            queries == 0 ? null : FormattableString.Invariant($"mean of all heads {all.Average(head => head.Mean):0.000}"),
            queries == 0 ? null : FormattableString.Invariant($"{all.Count(head => head.Sink == true)} of {all.Length} heads give it more than {options.Above}")));
        Draw("mean", "Mean attention to the first token", head => head.Mean);
        Draw("max", "Largest attention to the first token", head => head.Max);

        void Draw(string name, string title, Func<SinkHead, double?> value) => context.Results.Figure($"bos-sink-{name}", new Heatmap(
            title, "head", "layer", [.. heads.Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")], [.. all.Chunk(heads.Count).Select(row => Array.ConvertAll(row, head => value(head)))]));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, BosSinkOptions options)
    {
        var config = context.Model.Config;
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        return Costs.Sum(
            Costs.SideBySide(context, context.RequirePrompts().Select(prompt => LayerPasses.CostOf(config, prompt.Tokens.Length, layers))),
            Costs.Rows<SinkHead>((double)layers.Count * heads.Count));
    }

    /// <summary>A head with the queries of one more text: the sum so far stands in for the mean.</summary>
    private static SinkHead With(SinkHead head, Matrix pattern, int first)
    {
        for (var query = first; query < pattern.Rows; query++)
        {
            double weight = pattern.Row(query)[0];
            head = head with { Mean = (head.Mean ?? 0) + weight, Max = Math.Max(head.Max ?? 0, weight) };
        }

        return head;
    }
}

/// <summary>What a head gives to the first token.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Mean">Mean weight; none where no prompt has a second token.</param>
/// <param name="Max">Largest weight.</param>
/// <param name="Sink">Whether the mean is above <c>--above</c>.</param>
/// <param name="Queries">How many queries that is of.</param>
public sealed record SinkHead(int Layer, int Head, double? Mean, double? Max, bool? Sink, int Queries);

/// <summary>Options of <c>bos-sink</c>.</summary>
public sealed record BosSinkOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Threshold.</summary>
    [AtLeast(0)]
    [Help("A head whose mean weight on the first token is above this counts as a sink.")]
    public double Above { get; init; } = 0.5;

    /// <summary>Query 0 too.</summary>
    [Help("Count the first token's attention to itself too; in a model that reads from left to right that is 1.")]
    public bool IncludeFirst { get; init; }
}
