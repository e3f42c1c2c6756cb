namespace PluginLens.Plugins.AttentionTokens;

/// <summary>
/// Where the tokens of each head lie in embedding space: one point a token and head, its centred row of W_E along principal components, on a t-SNE or a UMAP map. A token that several heads read as lies on one spot for
/// all of them: it is laid out once. "Attention tokens" (plot_token_embeddings).
/// </summary>
[Analysis("token-embedding-map", "The tokens of all heads as a map",
    Answers = "Where the tokens that the heads read as lie in embedding space, coloured by layer or head.",
    Source = "Attention tokens (plot_token_embeddings)")]
[Holds(Verdict.Approximate, Trait.PostNorm, LeftOut.PostNorm)]
[Holds(Verdict.Approximate, Trait.SublayerNorm, LeftOut.SublayerNorm)]
[Holds(Verdict.Approximate, Trait.NoUnembed, LeftOut.NoUnembed)]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, LeftOut.MaskedLmHead)]
[Writes("token-embedding-map", typeof(HeadTokenPoint))]
public sealed class TokenEmbeddingMap : Analysis<TokenEmbeddingMapOptions>
{
    /// <summary>Every map but the components compares all pairs of tokens.</summary>
    private const int MostTokens = 6000;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, TokenEmbeddingMapOptions options)
    {
        if (options.Dimensions is not (2 or 3) || !(options.Perplexity >= 1))
        {
            throw new UsageException(FormattableString.Invariant($"--dimensions {options.Dimensions}, --perplexity {options.Perplexity}: expected 2 or 3, and at least 1."));
        }

        var tally = new TokenTally(AttentionDataset.Read(context, options), options.Component);
        int[] tokens = [.. tally.Heads.SelectMany(tally.Tokens).Distinct().Order()];
        if (tokens.Length < 3 || (options.Method != TokenMapMethod.Pca && tokens.Length > MostTokens))
        {
            throw new UsageException(tokens.Length < 3 ? $"All heads together read as {tokens.Length} tokens: too few for a map; give more prompts." : $"--method {options.Method.ToString().ToLowerInvariant()}: {tokens.Length} different tokens, of which all pairs are compared; at most {MostTokens}: use pca, or fewer heads.");
        }

        var perplexity = Math.Min(options.Perplexity, (tokens.Length - 1) / 3.0);

        // As the document centres what writes the stream.
        var rows = FoldedWeights.Centred(ParameterVectors.Gather(context.Model.WE, tokens));
        var map = options.Method switch
        {
            TokenMapMethod.Pca => context.Compute.PrincipalComponents(rows, options.Dimensions),
            TokenMapMethod.Tsne => context.Compute.TSne(rows, options.Dimensions, perplexity, 200, options.Steps).Map,
            _ => context.Compute.Umap(rows, options.Dimensions, Math.Min(15, tokens.Length - 1), 0.1, 500, context.Seed),
        };
        context.Results.Note(NoteLine.Of(
            $"{tokens.Length} different tokens, centred rows of W_E",
            options.Method == TokenMapMethod.Tsne ? FormattableString.Invariant($"t-SNE, perplexity {perplexity:0.##}{(perplexity < options.Perplexity ? " (fewer tokens than --perplexity asks for)" : string.Empty)}, learning rate 200") : options.Method == TokenMapMethod.Umap ? $"UMAP, seed {context.Seed}" : "principal components"));
        var table = context.Results.Table<HeadTokenPoint>("token-embedding-map", groupBy: 2, options.Dimensions < 3 ? [nameof(HeadTokenPoint.Z)] : []);
        var (places, points) = (tokens.Index().ToDictionary(entry => entry.Item, entry => entry.Index), new List<ScatterPoint>());
        foreach (var head in tally.Heads)
        {
            foreach (var (token, count, _) in tally.Ranked(head))
            {
                var (at, text) = (places[token], context.Model.Token(token));
                table.Add(new HeadTokenPoint(head.Layer, head.Head, text, count, map[at, 0], map[at, 1], options.Dimensions < 3 ? null : map[at, 2]));
                points.Add(new ScatterPoint(map[at, 0], map[at, 1], $"{text.Text} (L{head.Layer}H{head.Head})", options.Colour == MapColour.Layer ? $"layer {head.Layer}" : $"L{head.Layer}H{head.Head}"));
            }
        }

        context.Results.Figure("token-embedding-map", new Scatter($"Tokens of {options.Component.ToString().ToLowerInvariant()} in embedding space", "axis 1", "axis 2", points));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, TokenEmbeddingMapOptions options)
    {
        double n = Math.Min(context.Model.Config.DVocab, 2000), d = context.Model.Config.DModel;
        return Costs.Sum(
            AttentionDataset.CostOf(context, options),
            new Cost((14 * n * n * Math.Min(n, d)) + (options.Method == TokenMapMethod.Pca ? 0 : options.Steps * n * 600 * 32), sizeof(double) * n * ((4 * 500) + (2 * d))),
            Costs.Rows<HeadTokenPoint>(n * context.Model.Config.NHeads));
    }
}

/// <summary>A token of a head on the map.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Token">The token.</param>
/// <param name="Frequency">How often the head reads as it.</param>
/// <param name="X">First axis.</param>
/// <param name="Y">Second axis.</param>
/// <param name="Z">Third axis; only with three dimensions.</param>
public sealed record HeadTokenPoint(int Layer, int Head, Token Token, long Frequency, double X, double Y, double? Z);

/// <summary>How a map is made.</summary>
public enum TokenMapMethod
{
    /// <summary>Principal components, exactly.</summary>
    Pca,

    /// <summary>t-SNE.</summary>
    Tsne,

    /// <summary>UMAP.</summary>
    Umap,
}

/// <summary>What colours say.</summary>
public enum MapColour
{
    /// <summary>The layer.</summary>
    Layer,

    /// <summary>The head.</summary>
    Head,
}

/// <summary>Options of <c>token-embedding-map</c>.</summary>
public sealed record TokenEmbeddingMapOptions : DatasetOptions
{
    /// <summary>Method.</summary>
    [Help("pca (exact), tsne (perplexity 30, learning rate 200, 1,000 steps as in the document) or umap (15 neighbours, least distance 0.1).")]
    public TokenMapMethod Method { get; init; }

    /// <summary>Axes.</summary>
    [Help("2 or 3.")]
    public int Dimensions { get; init; } = 2;

    /// <summary>Perplexity of t-SNE.</summary>
    [Help("Perplexity of t-SNE; less where there are fewer tokens.")]
    public double Perplexity { get; init; } = 30;

    /// <summary>Steps of t-SNE.</summary>
    [AtLeast(1)]
    [Help("Steps of t-SNE.")]
    public int Steps { get; init; } = 1000;

    /// <summary>Colours.</summary>
    [Help("layer or head.")]
    public MapColour Colour { get; init; }
}
