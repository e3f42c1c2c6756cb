namespace PluginLens.Plugins.Patterns;

/// <summary>
/// Where each head looks by position alone: <c>p = (w_pos + e) W_Q W_Kᵀ</c> for the embedding of one position, a word's embedding added where one is given, and its similarity with the embedding of every
/// position. A curve over positions for each head. McCormick, draft of "Inspecting head behaviour through pattern projections", section 1.4.
/// </summary>
[Analysis("position-bias", "Where heads look by position alone",
    Answers = "For one position, how similar each head's pattern is to every position embedding: whether heads look back, ahead or nearby whatever the text.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, patterns of position embeddings")]
[Holds(Verdict.Undefined, Trait.NoPositionEmbeddings, "there are no position embeddings")]
[Writes("position-bias", typeof(PositionRank))]
[Writes("curves", typeof(PositionScore), When = "with --curves")]
public sealed class PositionBias : Analysis<PositionBiasOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, PositionBiasOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var positions = Positions(model);
        var (layers, heads, position) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"), At(options, positions));
        var word = options.Word is { } text ? SingleTokens.Of(context, [text], options.Form)[0] : (Token?)null;
        context.Results.Note(NoteLine.Of(
            FormattableString.Invariant($"position {position} of {positions.Rows}{(word is { } added ? $" with the word '{added.Text}'" : string.Empty)} as {(options.Side == PatternSide.Query ? "query, patterns among keys" : "key, patterns among queries")}"),
            "raw W_pos on both sides, no norm",
            options.Score == Similarity.Cosine ? "cosine" : "dot product",
            $"biases {(options.Biases ? "on" : "off")}",
            $"weights {config.ProcessingName}"));
        var (table, curves) = (context.Results.Table<PositionRank>("position-bias", groupBy: 2), options.Curves ? context.Results.Table<PositionScore>("curves", groupBy: 2) : null);
        var (patterns, vocabulary, all) = (new HeadPatterns(model, context.Compute), new NormedVocabulary(positions, norm: null), new List<double[]>());
        var x = Embedded(model, positions, position, word);
        foreach (var (at, layer) in layers.Index())
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(at, layers.Count, $"layer {layer}"));
            var stacked = HeadPatterns.Stacked(heads, head => options.Side == PatternSide.Query
                ? patterns.OfQueries(layer, head, patterns.Read(layer, head, HeadMatrix.Q, x, options.Biases))
                : patterns.OfKeys(layer, head, patterns.Read(layer, head, HeadMatrix.K, x, options.Biases)));

            // The whole order of a few hundred positions: the first k are the list, all of them the curve.
            var lists = vocabulary.Top(context.Compute, stacked, positions.Rows, options.Score);
            var own = new List<double[]>();
            foreach (var (row, head) in heads.Index())
            {
                var (ids, scores, curve) = (lists.IdsOf(row).ToArray(), lists.ScoresOf(row).ToArray(), new double[positions.Rows]);
                for (var rank = 0; rank < ids.Length; rank++)
                {
                    curve[ids[rank]] = scores[rank];
                    if (rank < options.K)
                    {
                        table.Add(new PositionRank(layer, head, rank + 1, ids[rank], ids[rank] - position, scores[rank]));
                    }
                }

                for (var place = 0; place < curve.Length && curves is not null; place++)
                {
                    curves.Add(new PositionScore(layer, head, place, place - position, curve[place]));
                }

                own.Add(curve);
            }

            Draw(context, $"layer-{layer}", $"Heads of layer {layer}, position {position}", options.Score, [.. heads.Zip(own, (head, curve) => ($"head {head}", curve))]);
            all.AddRange(own);
        }

        Draw(context, "mean", $"All {all.Count} heads, position {position}", options.Score, [("mean", Mean(all)), ("mean of curves of length 1", Mean(all.ConvertAll(Normalised)))]);
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, PositionBiasOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var positions = Positions(model);
        _ = At(options, positions);
        double layers = options.Layer.Of(config.NLayers, "layer").Count, heads = options.Head.Of(config.NHeads, "head").Count, n = positions.Rows;
        return Costs.Sum(
            options.Word is null ? Costs.None : Costs.Widened(model),
            Costs.Times(layers, Costs.Sum(HeadPatterns.CostOf(config, heads, 1, products: 2), Costs.TopRows(heads, config.DModel, n, n))),
            new Cost(0, 3 * sizeof(double) * layers * heads * n),
            Costs.Rows<PositionRank>(layers * heads * Math.Min(options.K, n)),
            Costs.Rows<PositionScore>(options.Curves ? layers * heads * n : 0));
    }

    private static Matrix Positions(Model model) => model.HasWeight("pos_embed.W_pos")
        ? model.Weight("pos_embed.W_pos").AsMatrix()
        : throw new UsageException($"Model '{model.Config.Name}' has {model.Config.Positions} positions and no position embeddings.");

    private static int At(PositionBiasOptions options, Matrix positions)
    {
        var position = options.Position ?? positions.Rows / 2;
        position = position < 0 ? positions.Rows + position : position;
        return position >= 0 && position < positions.Rows ? position : throw new UsageException($"--position {options.Position}: expected 0 to {positions.Rows - 1}, or -{positions.Rows} to -1 to count from the end.");
    }

    /// <summary>The position's embedding, the word's added, <c>1 x d_model</c>.</summary>
    private static Matrix Embedded(Model model, Matrix positions, int position, Token? word)
    {
        float[] x = new float[positions.Columns], added = new float[positions.Columns];
        positions.CopyRow(position, x);
        if (word is { } token)
        {
            model.WE.CopyRow(token.Id, added);
        }

        return new Matrix(x.Zip(added, (place, meaning) => place + meaning).ToArray(), 1, x.Length);
    }

    private static double[] Mean(List<double[]> curves) => [.. Enumerable.Range(0, curves[0].Length).Select(place => curves.Average(curve => curve[place]))];

    private static double[] Normalised(double[] curve)
    {
        var length = Math.Sqrt(curve.Sum(value => value * value));
        return length == 0 ? curve : Array.ConvertAll(curve, value => value / length);
    }

    private static void Draw(AnalysisContext context, string name, string title, Similarity score, (string Name, double[] Curve)[] curves) => context.Results.Figure(name, new Chart(
        title, "position", score == Similarity.Cosine ? "cosine with the pattern" : "product with the pattern", [.. Enumerable.Range(0, curves[0].Curve.Length).Select(place => $"{place}")],
        [.. curves.Select(curve => new Series(curve.Name, [.. curve.Curve.Select(value => (double?)value)]))]));
}

/// <summary>One of the positions most similar to a head's pattern.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="Position">The position.</param>
/// <param name="Offset">How far behind the one that was asked for.</param>
/// <param name="Score">Cosine or dot product.</param>
public sealed record PositionRank(int Layer, int Head, int Rank, int Position, int Offset, double Score);

/// <summary>One point of a head's curve.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Position">The position.</param>
/// <param name="Offset">How far behind the one that was asked for.</param>
/// <param name="Score">Cosine or dot product.</param>
public sealed record PositionScore(int Layer, int Head, int Position, int Offset, double Score);

/// <summary>Options of <c>position-bias</c>.</summary>
public sealed record PositionBiasOptions
{
    /// <summary>Position.</summary>
    [Help("The position whose pattern is made; -1 is the last. Without it the middle of the context.")]
    public int? Position { get; init; }

    /// <summary>Word.</summary>
    [Help("A word whose embedding is added to the position's; of a word of several tokens the first.")]
    public string? Word { get; init; }

    /// <summary>Form of the word.</summary>
    [Help("spaced: the word as inside a text, with a leading space where the vocabulary has such tokens; bare: as it is.")]
    public WordForm Form { get; init; }

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Positions per list.</summary>
    [AtLeast(1)]
    [Help("Positions listed of each head.")]
    public int K { get; init; } = 10;

    /// <summary>Side.</summary>
    [Help("query: where the position looks, x W_Q W_K^T; key: which positions look at it, x W_K W_Q^T.")]
    public PatternSide Side { get; init; }

    /// <summary>Score.</summary>
    [Help("cosine or dot: how a pattern is compared with the rows of W_pos.")]
    public Similarity Score { get; init; }

    /// <summary>Biases.</summary>
    [Help("Add the bias of the position's own side (b_Q or b_K) before the pattern is made.")]
    public bool Biases { get; init; }

    /// <summary>All points.</summary>
    [Help("Also every point of every curve, as table curves.")]
    public bool Curves { get; init; }
}
