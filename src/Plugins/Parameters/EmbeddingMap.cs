using System.Globalization;

namespace PluginLens.Plugins.Parameters;

/// <summary>
/// The k tokens with the largest product <c>±x · e_t</c> with one parameter vector x, as points: their rows e_t along their principal components, as a
/// t-SNE map, which places neighbours together by minimising <c>KL(P || Q)</c>, or as a UMAP map, which lays out the graph of nearest neighbours. Clumps are the groups of words that the vector speaks of.
/// Exploration notebook of Dar et al., "Analyzing Transformers in Embedding Space".
/// </summary>
[Analysis("embedding-map", "The tokens of a parameter vector as a map",
    Answers = "Where the top tokens of one parameter vector lie in embedding space: principal components, a t-SNE or a UMAP map, coloured by score.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, exploration notebook")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("embedding-map", typeof(MapPoint))]
public sealed class EmbeddingMap : Analysis<EmbeddingMapOptions>
{
    /// <summary>Every map but the components compares all pairs of tokens.</summary>
    private const int MostTokens = 5000;

    /// <summary>Up to so many points t-SNE is exact.</summary>
    private const int ExactPoints = 500;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, EmbeddingMapOptions options)
    {
        Check(options);
        var (model, sides) = (context.Model, new VocabularySides(context.Model, options.Embedding));
        var (group, parameters) = (Group(model.Config, options), new ParameterVectors(model, options.Key == GatedKey.In));
        var layer = At(options.Layer, model.Config.NLayers, "layer");
        var vectors = parameters.Rows(group, layer);
        var index = options.Index is { } given ? At(given, vectors.Rows, "index") : Longest(vectors);
        var similar = new SimilarWords(context, options, options.K, flagLists: false);
        var best = similar.Of(
            sides.Compared(ParameterVectors.Writes(group)), ParameterVectors.Gather(vectors, [index]), Similarity.Dot, options.Coefficient > 0 ? RowOrder.Largest : RowOrder.Smallest)[0];
        var points = ParameterVectors.Gather(sides.Of(ParameterVectors.Writes(group)), best.Ids);
        var map = Map(context, options, options.Normalised ? Normalised(points) : points);

        var name = $"{(options.Coefficient < 0 ? "-" : string.Empty)}{Name(model.Config, group, index)} of layer {layer}";
        var longest = options.Index is null ? $" (the longest of {vectors.Rows})" : string.Empty;
        context.Results.Note(NoteLine.Of(
            $"{Counted.Of(best.Ids.Length, "token")} of {name}{longest} on {sides.Name(ParameterVectors.Writes(group))}{(options.Normalised ? ", rows of length 1 in the map" : string.Empty)}",
            $"weights {model.Config.ProcessingName}",
            similar.Description,
            options.Method == MapMethod.Umap ? $"seed {context.Seed}" : "nothing is random"));
        var table = context.Results.Table<MapPoint>("embedding-map", groupBy: 0, options.Unasked("LargeNorm", "HighBias"));
        for (var at = 0; at < best.Ids.Length; at++)
        {
            table.Add(new MapPoint(
                at + 1, model.Token(best.Ids[at]), options.Coefficient * best.Scores[at], Coordinate(map, at, 0), Coordinate(map, at, 1), options.Components < 3 ? null : Coordinate(map, at, 2),
                similar.IsLargeNorm(best.Ids[at]), similar.IsHighBias(best)));
        }

        var axis = options.Method switch { MapMethod.Pca => "principal component", MapMethod.Tsne => "t-SNE axis", _ => "UMAP axis" };
        context.Results.Figure("embedding-map", new Scatter($"{best.Ids.Length} tokens of {name}", $"{axis} 1", $"{axis} 2", [.. Enumerable.Range(0, best.Ids.Length).Select(
            at => new ScatterPoint(Coordinate(map, at, 0), Coordinate(map, at, 1), model.Token(best.Ids[at]).Text, Value: options.Coefficient * best.Scores[at]))]));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, EmbeddingMapOptions options)
    {
        Check(options);
        var (model, config) = (context.Model, context.Model.Config);
        var kept = Costs.Kept(model, BpeFilters.Mask(model, options));
        double n = Math.Min(options.K, kept), d = config.DModel, vectors = new ParameterVectors(model).Count(Group(config, options));
        return Costs.Sum(
            Costs.Widened(model),
            SimilarWords.CostOf(model, options, options.K, 1),
            new Cost(2 * vectors * d, 2 * sizeof(float) * vectors * d),
            new Cost((4 * n * n * d) + MapFlops(options, n, d), sizeof(double) * n * ((4 * Math.Min(n, ExactPoints)) + (2 * d))),
            Costs.Rows<MapPoint>(n));
    }

    // Components to start from or to show, and every step's pairs; above some hundred tokens their nearest neighbours and, for t-SNE, some hundred cells of a tree.
    // UMAP follows links that sum up to about 2 log2 of the neighbours a token and an epoch, and pushes five times for each.
    private static double MapFlops(EmbeddingMapOptions options, double n, double d) => (10 * n * n * Math.Min(Math.Min(n, d), 100)) + options.Method switch
    {
        MapMethod.Pca => 0,
        MapMethod.Tsne when n <= ExactPoints => options.Steps * n * n * (16 + (8.0 * options.Components)),
        MapMethod.Tsne => options.Steps * n * ((6 * Math.Min(options.Perplexity, n)) + 300) * (16 + (8.0 * options.Components)),
        _ => options.Epochs * n * 2 * Math.Log2(Math.Max(2, Math.Min(options.Neighbours, n))) * 6 * (30 + (6 * options.Components)),
    };

    private static void Check(EmbeddingMapOptions options)
    {
        if (options.K is < 1 or > MostTokens)
        {
            throw new UsageException($"--k {options.K}: expected 1 to {MostTokens}; all pairs of tokens are compared.");
        }

        if (options.Components is not (2 or 3) || Math.Abs(options.Coefficient) != 1)
        {
            throw new UsageException($"--components {options.Components}, --coefficient {options.Coefficient}: expected 2 or 3, and 1 or -1.");
        }

        if (!(options.Perplexity >= 1) || !(options.LearningRate > 0) || options.Steps < 0)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--perplexity {options.Perplexity}, --learning-rate {options.LearningRate}, --steps {options.Steps}: expected at least 1, more than 0, and at least 0."));
        }

        if (options.Neighbours < 2 || !(options.MinDist is >= 0 and <= 1) || options.Epochs < 0)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--neighbours {options.Neighbours}, --min-dist {options.MinDist}, --epochs {options.Epochs}: expected at least 2, 0 to 1, and at least 0."));
        }
    }

    private static ParameterGroup Group(ModelConfig config, EmbeddingMapOptions options)
    {
        var group = options.Group ?? (config.AttnOnly ? ParameterGroup.WO : ParameterGroup.V);
        return config.AttnOnly && (group is ParameterGroup.K or ParameterGroup.KIn or ParameterGroup.V)
            ? throw new UsageException($"--group {group.ToString().ToLowerInvariant()}: model '{config.Name}' has no MLPs; use wq, wk, wv or wo.")
            : group;
    }

    private static int At(int given, int count, string what)
    {
        var at = given < 0 ? count + given : given;
        return at >= 0 && at < count ? at : throw new UsageException($"--{what} {given}: expected 0 to {count - 1}, or -{count} to -1 to count from the end.");
    }

    /// <summary>The vector of largest Euclidean norm, the first where several are.</summary>
    private static int Longest(Matrix vectors)
    {
        var row = new float[vectors.Columns];
        return Enumerable.Range(0, vectors.Rows).MaxBy(index =>
        {
            vectors.CopyRow(index, row);
            return row.Sum(value => (double)value * value);
        });
    }

    private static string Name(ModelConfig config, ParameterGroup group, int index) => group is ParameterGroup.K or ParameterGroup.KIn or ParameterGroup.V
        ? $"{ParameterVectors.Name(group)} {index}"
        : $"{ParameterVectors.Name(group)} {index} ({(group is ParameterGroup.WK or ParameterGroup.WV && config.KeyValueHeads < config.NHeads ? "key-value head" : "head")} {index / config.DHead}, dimension {index % config.DHead})";

    /// <summary>Each row divided by its length; zero stays zero.</summary>
    private static Matrix Normalised(Matrix rows)
    {
        var data = rows.Data.ToArray();
        foreach (var start in Enumerable.Range(0, rows.Rows).Select(row => row * rows.Columns))
        {
            var row = data.AsSpan(start, rows.Columns);
            var length = Math.Sqrt(row.ToArray().Sum(value => (double)value * value));
            for (var at = 0; at < row.Length && length > 0; at++)
            {
                row[at] = (float)(row[at] / length);
            }
        }

        return new Matrix(data, rows.Rows, rows.Columns);
    }

    /// <summary>The map of the tokens, <c>n x components</c>, fewer columns where n points or d_model axes span no more; says how good it is.</summary>
    private static Matrix64 Map(AnalysisContext context, EmbeddingMapOptions options, Matrix points)
    {
        // A single token has no neighbours and no variance: it lies at the origin.
        if (points.Rows == 1)
        {
            context.Results.Note("one token: nothing to lay out");
            return new Matrix64(1, 0);
        }

        return options.Method switch
        {
            MapMethod.Pca => Components(context, options, points),
            MapMethod.Tsne => TSne(context, options, points),
            _ => Umap(context, options, points),
        };
    }

    private static Matrix64 Components(AnalysisContext context, EmbeddingMapOptions options, Matrix points)
    {
        var map = context.Compute.PrincipalComponents(points, options.Components);
        var mean = context.Compute.MeanRow(points);
        var row = new float[points.Columns];
        var variance = Enumerable.Range(0, points.Rows).Sum(at =>
        {
            points.CopyRow(at, row);
            return row.Zip(mean, (value, middle) => (value - middle) * (value - middle)).Sum();
        });
        context.Results.Note(string.Create(CultureInfo.InvariantCulture, $"{options.Components} principal components hold {(variance > 0 ? 100 * map.Data.Sum(value => value * value) / variance : 100):0.0} % of the variance"));
        return map;
    }

    private static Matrix64 TSne(AnalysisContext context, EmbeddingMapOptions options, Matrix points)
    {
        // n - 1 neighbours are all there are.
        var perplexity = Math.Min(options.Perplexity, points.Rows - 1);
        var (map, divergence) = context.Compute.TSne(points, options.Components, perplexity, options.LearningRate, options.Steps);
        if (!map.Data.All(double.IsFinite) || !double.IsFinite(divergence))
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"--learning-rate {options.LearningRate}: the map runs off to infinity; use a smaller one."));
        }

        var clamped = perplexity < options.Perplexity ? string.Create(CultureInfo.InvariantCulture, $" (not {options.Perplexity}: {points.Rows} tokens have no more neighbours)") : string.Empty;
        var tree = points.Rows > ExactPoints ? $" (Barnes-Hut where more than {ExactPoints} tokens differ)" : string.Empty;
        context.Results.Note(string.Create(CultureInfo.InvariantCulture, $"t-SNE{tree} from {options.Components} principal components, perplexity {perplexity}{clamped}, learning rate {options.LearningRate}, {options.Steps} steps: KL divergence {divergence:0.0000}"));
        return map;
    }

    private static Matrix64 Umap(AnalysisContext context, EmbeddingMapOptions options, Matrix points)
    {
        var neighbours = Math.Min(options.Neighbours, points.Rows);
        var clamped = neighbours < options.Neighbours ? $" (not {options.Neighbours}: there are no more tokens)" : string.Empty;
        context.Results.Note(string.Create(CultureInfo.InvariantCulture, $"UMAP from eigenvectors of the graph of neighbours, {neighbours} neighbours{clamped}, the token itself among them, min_dist {options.MinDist}, {options.Epochs} epochs"));
        return context.Compute.Umap(points, options.Components, neighbours, options.MinDist, options.Epochs, context.Seed);
    }

    private static double Coordinate(Matrix64 map, int row, int axis) => axis < map.Columns ? map[row, axis] : 0;
}

/// <summary>One token of the map.</summary>
/// <param name="Rank">1 = largest score.</param>
/// <param name="Token">The token.</param>
/// <param name="Score">Its product with the vector, or with the negated vector.</param>
/// <param name="X">First coordinate.</param>
/// <param name="Y">Second coordinate; 0 where the tokens span no second axis.</param>
/// <param name="Z">Third coordinate, likewise; empty with <c>--components 2</c>.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the tokens of the map have a high bias in the logits.</param>
public sealed record MapPoint(int Rank, Token Token, double Score, double X, double Y, double? Z, bool? LargeNorm = null, bool? HighBias = null);

/// <summary>Options of <c>embedding-map</c>.</summary>
public sealed record EmbeddingMapOptions : VectorOptions
{
    /// <summary>Parameter group.</summary>
    [Help("Kind of vector: FF keys (k; k-in: W_in of gated MLPs), FF values (v), wq, wk, wv or wo; without it v, or wo in a model without MLPs.")]
    public ParameterGroup? Group { get; init; }

    /// <summary>Layer.</summary>
    [Help("Layer of the vector; -1 is the last.")]
    public int Layer { get; init; } = -1;

    /// <summary>Vector.</summary>
    [Help("Vector of the group: a neuron, or head x d_head + dimension; -1 is the last. Without it the longest vector of the group in the layer.")]
    public int? Index { get; init; }

    /// <summary>Sign.</summary>
    [Help("1: the top tokens of the vector; -1: of its negation.")]
    public int Coefficient { get; init; } = 1;

    /// <summary>Tokens.</summary>
    [Help("Tokens on the map, at most 5000.")]
    public int K { get; init; } = 100;

    /// <summary>Kind of map.</summary>
    [Help("tsne: neighbours stay together; umap: likewise, by the graph of nearest neighbours; pca: distances along the directions of largest variance.")]
    public MapMethod Method { get; init; }

    /// <summary>Dimensions.</summary>
    [Help("Dimensions of the map, 2 or 3; the figure shows the first two.")]
    public int Components { get; init; } = 3;

    /// <summary>Unit rows.</summary>
    [Help("Divide each token's embedding by its length before the map is made; the scores stay products.")]
    public bool Normalised { get; init; }

    /// <summary>Perplexity.</summary>
    [Help("t-SNE: effective number of neighbours, at least 1; n - 1 where n tokens have no more.")]
    public double Perplexity { get; init; } = 3;

    /// <summary>Step size.</summary>
    [Help("t-SNE: step size.")]
    public double LearningRate { get; init; } = 10;

    /// <summary>Steps.</summary>
    [Help("t-SNE: steps; the first 250 with early exaggeration 12.")]
    public int Steps { get; init; } = 1000;

    /// <summary>Neighbours.</summary>
    [Help("UMAP: nearest neighbours of a token, itself among them, at least 2; n where there are n tokens and no more.")]
    public int Neighbours { get; init; } = 15;

    /// <summary>Least distance.</summary>
    [Help("UMAP: how close neighbours may lie in the map, 0 to 1.")]
    public double MinDist { get; init; } = 0.1;

    /// <summary>Epochs.</summary>
    [Help("UMAP: passes over the graph; what random numbers decide follows --seed.")]
    public int Epochs { get; init; } = 500;

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate (hook_pre) or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix of the tokens. auto: W_E for what reads the stream (keys, wq, wk, wv), W_U for what writes it (values, wo); input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>How the tokens are laid out.</summary>
public enum MapMethod
{
    /// <summary>t-SNE, started from principal components.</summary>
    Tsne,

    /// <summary>Principal components.</summary>
    Pca,

    /// <summary>UMAP, started from the eigenvectors of its graph.</summary>
    Umap,
}
