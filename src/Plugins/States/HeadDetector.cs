namespace PluginLens.Plugins.States;

/// <summary>
/// Which heads look at the token before, at earlier copies of the token, or at what followed these (induction): how far the attention A of each head agrees with such a pattern P,
/// on the prompts given and on random tokens that are repeated. <c>mass</c>: mean weight on P of the queries that have a target in it; <c>mul</c>: <c>sum(A P) / sum(A)</c>;
/// <c>abs</c>: <c>1 - n mean|A - P|</c>.
/// </summary>
[Analysis("head-detector", "Previous-token, duplicate-token and induction heads",
    Answers = "How far each head attends to the token before, to copies of the token, and to what followed them.",
    Source = "Olsson et al., In-context Learning and Induction Heads; scores mul and abs as in TransformerLens' head detector")]
[Holds(Verdict.Undefined, Trait.Bidirectional, "copies and what followed them lie on both sides of a token that reads both ways")]
[Holds(Verdict.Approximate, Trait.Windowed, "copies that lie outside a layer's window cannot be attended to")]
[Writes("head-detector", typeof(HeadScores))]
[Writes("strongest", typeof(StrongestHead))]
public sealed class HeadDetector : Analysis<HeadDetectorOptions>
{
    private static readonly HeadPattern[] Kinds = Enum.GetValues<HeadPattern>();

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, HeadDetectorOptions options)
    {
        var config = context.Model.Config;
        var layers = options.Layer.Of(config.NLayers, "layer");
        var heads = options.Head.Of(config.NHeads, "head");
        var sources = Sources(context, options);
        var table = context.Results.Table<HeadScores>("head-detector", groupBy: 1);
        var strongest = context.Results.Table<StrongestHead>("strongest", groupBy: 2);
        context.Results.Note(NoteLine.Of(
            options.Score switch
            {
                HeadScore.Mul => "share of all attention that lies on the pattern",
                HeadScore.Abs => "1 - n mean|attention - pattern|",
                _ => "mean weight on the pattern of the tokens that have a target in it",
            },
            options.ExcludeFirst ? "the first token left out" : null,
            options.ExcludeSelf ? "attention to the token itself left out" : null));
        foreach (var (source, prompts) in sources)
        {
            if (source == TextSource.Random)
            {
                context.Results.Note(RepeatedTokens.Describe(context, prompts));
            }

            var scores = Scores(context, prompts, layers, heads, options);
            foreach (var (layer, head) in layers.SelectMany(layer => heads.Select(head => (layer, head))))
            {
                table.Add(new HeadScores(source, layer, head, scores[HeadPattern.Previous][layer, head], scores[HeadPattern.Duplicate][layer, head], scores[HeadPattern.Induction][layer, head]));
            }

            foreach (var kind in Kinds)
            {
                var found = layers.SelectMany(layer => heads.Select(head => (layer, head))).Where(at => scores[kind][at.layer, at.head] is not null)
                    .OrderByDescending(at => scores[kind][at.layer, at.head]).ThenBy(at => at).Take(options.K);
                foreach (var (rank, (layer, head)) in found.Index())
                {
                    strongest.Add(new StrongestHead(source, kind, rank + 1, layer, head, scores[kind][layer, head]!.Value));
                }

                var (who, what) = ($"{source}".ToLowerInvariant(), $"{kind}".ToLowerInvariant());
                context.Results.Figure($"{what}-{who}", new Heatmap(
                    $"Score of {what} heads, {who} tokens", "head", "layer", [.. heads.Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")],
                    [.. layers.Select(layer => heads.Select(head => scores[kind][layer, head]).ToArray())]));
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, HeadDetectorOptions options)
    {
        var config = context.Model.Config;
        double last = options.Layer.Of(config.NLayers, "layer")[^1] + 1, heads = last * config.NHeads;
        var sources = Sources(context, options);
        return Costs.Sum(
            Costs.InTurn(sources.SelectMany(source => source.Prompts).Select(prompt => Costs.Sum(
                Costs.Forward(config, prompt.Tokens.Length, last, logits: false), new Cost(12 * heads * prompt.Tokens.Length * prompt.Tokens.Length, 2 * sizeof(float) * heads * prompt.Tokens.Length * prompt.Tokens.Length)))),
            Costs.Rows<HeadScores>(sources.Count * heads),
            Costs.Rows<StrongestHead>(sources.Count * Kinds.Length * Math.Min(options.K, heads)));
    }

    /// <summary>Whether query q of a text has key k as a target of a pattern.</summary>
    /// <param name="kind">The pattern.</param>
    /// <param name="tokens">The text, <c>[pos]</c>.</param>
    /// <param name="q">Position that attends.</param>
    /// <param name="k">Position that is attended to.</param>
    internal static bool Has(HeadPattern kind, int[] tokens, int q, int k) => kind switch
    {
        HeadPattern.Previous => k == q - 1,
        HeadPattern.Duplicate => k < q && tokens[k] == tokens[q],
        _ => k > 0 && k <= q && k - 1 < q && tokens[k - 1] == tokens[q],
    };

    private static List<(TextSource Source, IReadOnlyList<Prompt> Prompts)> Sources(AnalysisContext context, HeadDetectorOptions options)
    {
        var sources = new List<(TextSource, IReadOnlyList<Prompt>)>();
        if (context.Prompts.Count > 0)
        {
            sources.Add((TextSource.Given, context.Prompts));
        }

        if (options.Sequences > 0)
        {
            sources.Add((TextSource.Random, RepeatedTokens.Of(context, options.Sequences, options.Length)));
        }

        return sources.Count > 0 ? sources : throw new UsageException("--sequences 0 leaves no random tokens, and there is no text; give --prompt TEXT or more sequences.");
    }

    /// <summary>For each pattern the mean score of each head over the texts in which a token has a target; null where none has.</summary>
    private static Dictionary<HeadPattern, double?[,]> Scores(AnalysisContext context, IReadOnlyList<Prompt> prompts, IReadOnlyList<int> layers, IReadOnlyList<int> heads, HeadDetectorOptions options)
    {
        var config = context.Model.Config;
        var sums = Kinds.ToDictionary(kind => kind, _ => new double?[config.NLayers, config.NHeads]);
        var counts = Kinds.ToDictionary(kind => kind, _ => 0);
        foreach (var batch in PromptBatches.Run(context, context.Model, prompts, [.. layers.Select(Hook)], most: 1))
        {
            var tokens = batch.Prompts[0].Tokens;
            foreach (var kind in Kinds)
            {
                var targets = Targets(kind, tokens, options);
                if (!targets.Exists(row => row.Count > 0))
                {
                    continue;
                }

                counts[kind]++;
                foreach (var (layer, head) in layers.SelectMany(layer => heads.Select(head => (layer, head))))
                {
                    var score = Score(batch.Activations[Hook(layer)][0][head].AsMatrix(), targets, options);
                    sums[kind][layer, head] = (sums[kind][layer, head] ?? 0) + score;
                }
            }
        }

        foreach (var kind in Kinds)
        {
            for (var layer = 0; layer < config.NLayers; layer++)
            {
                for (var head = 0; head < config.NHeads; head++)
                {
                    sums[kind][layer, head] /= counts[kind];
                }
            }
        }

        return sums;

        static string Hook(int layer) => $"blocks.{layer}.attn.hook_pattern";
    }

    /// <summary>The keys of each query that a pattern has and the options leave in.</summary>
    private static List<HashSet<int>> Targets(HeadPattern kind, int[] tokens, HeadDetectorOptions options) =>
        [.. Enumerable.Range(0, tokens.Length).Select(q => Enumerable.Range(0, q + 1).Where(k => Counts(q, k, options) && Has(kind, tokens, q, k)).ToHashSet())];

    private static bool Counts(int q, int k, HeadDetectorOptions options) => !(options.ExcludeFirst && k == 0) && !(options.ExcludeSelf && k == q);

    private static double Score(Matrix attention, List<HashSet<int>> targets, HeadDetectorOptions options)
    {
        double on = 0, all = 0, apart = 0;
        for (var q = 0; q < attention.Rows; q++)
        {
            var row = attention.Row(q);
            for (var k = 0; k < row.Length; k++)
            {
                if (Counts(q, k, options))
                {
                    var wanted = targets[q].Contains(k);
                    on += wanted ? row[k] : 0;
                    all += row[k];
                    apart += Math.Abs(row[k] - (wanted ? 1 : 0));
                }
            }
        }

        return options.Score switch
        {
            HeadScore.Mul => all == 0 ? 0 : on / all,
            HeadScore.Abs => 1 - (apart / attention.Rows),
            _ => on / targets.Count(row => row.Count > 0),
        };
    }
}

/// <summary>The scores of a head.</summary>
/// <param name="Text">The prompts given, or random tokens.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Previous">Attention to the token before; none for texts of one token.</param>
/// <param name="Duplicate">Attention to earlier copies of the token; none where no token comes twice.</param>
/// <param name="Induction">Attention to what followed them; none where no token comes twice.</param>
public sealed record HeadScores(TextSource Text, int Layer, int Head, double? Previous, double? Duplicate, double? Induction);

/// <summary>One of the heads with the highest scores.</summary>
/// <param name="Text">The prompts given, or random tokens.</param>
/// <param name="Pattern">What it is a head of.</param>
/// <param name="Rank">1 = highest.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Score">Its score.</param>
public sealed record StrongestHead(TextSource Text, HeadPattern Pattern, int Rank, int Layer, int Head, double Score);

/// <summary>Where the tokens of a score come from.</summary>
public enum TextSource
{
    /// <summary>The prompts.</summary>
    Given,

    /// <summary>Random tokens, repeated.</summary>
    Random,
}

/// <summary>What a head may attend to.</summary>
public enum HeadPattern
{
    /// <summary>The token before.</summary>
    Previous,

    /// <summary>Earlier copies of the token.</summary>
    Duplicate,

    /// <summary>What followed earlier copies of the token.</summary>
    Induction,
}

/// <summary>How attention is compared with a pattern.</summary>
public enum HeadScore
{
    /// <summary>Mean weight on the pattern of the queries that have a target.</summary>
    Mass,

    /// <summary>Share of all attention.</summary>
    Mul,

    /// <summary>1 minus the distance.</summary>
    Abs,
}

/// <summary>Options of <c>head-detector</c>.</summary>
public sealed record HeadDetectorOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Heads: all, 3, 0,2-4.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>How many are named.</summary>
    [AtLeast(1)]
    [Help("Heads named for each pattern.")]
    public int K { get; init; } = 5;

    /// <summary>Score.</summary>
    [Help("mass: mean weight on the pattern of the tokens that have a target in it; mul: share of all attention; abs: 1 - n mean|attention - pattern|.")]
    public HeadScore Score { get; init; }

    /// <summary>Without the first token.</summary>
    [Help("Leave attention to the first token out.")]
    public bool ExcludeFirst { get; init; }

    /// <summary>Without the token itself.</summary>
    [Help("Leave attention of a token to itself out.")]
    public bool ExcludeSelf { get; init; }

    /// <summary>Random sequences.</summary>
    [AtLeast(0)]
    [Help("Sequences of random tokens; 0 = the prompts alone.")]
    public int Sequences { get; init; } = 4;

    /// <summary>Length of what is repeated.</summary>
    [AtLeast(2)]
    [Help("Random tokens before they are repeated; fewer where the model reads fewer.")]
    public int Length { get; init; } = 40;
}
