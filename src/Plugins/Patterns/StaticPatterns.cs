namespace PluginLens.Plugins.Patterns;

/// <summary>Patterns of words without context: raw rows of W_E through the QK circuit of heads, no position, no norm.</summary>
/// <param name="context">The run.</param>
/// <param name="options">Side and biases.</param>
/// <param name="words">The words.</param>
internal sealed class StaticPatterns(AnalysisContext context, StaticOptions options, IReadOnlyList<Token> words)
{
    private readonly HeadPatterns _heads = new(context.Model, context.Compute);
    private readonly Matrix _embeddings = ParameterVectors.Gather(context.Model.WE, [.. words.Select(word => word.Id)]);

    /// <summary>The patterns of heads of a layer, <c>(heads * words) x d_model</c>, the words of the first head first.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="heads">Query heads.</param>
    public Matrix Of(int layer, IReadOnlyList<int> heads) => HeadPatterns.Stacked(heads, head => options.Side == PatternSide.Query
        ? _heads.OfQueries(layer, head, _heads.Read(layer, head, HeadMatrix.Q, _embeddings, options.Biases))
        : _heads.OfKeys(layer, head, _heads.Read(layer, head, HeadMatrix.K, _embeddings, options.Biases)));

    /// <summary>What was done, for notes.</summary>
    public string Description => NoteLine.Of(
        options.Side == PatternSide.Query ? "words as queries, patterns among keys" : "words as keys, patterns among queries",
        "raw W_E on both sides",
        options.Score == Similarity.Cosine ? "cosine" : "dot product",
        $"biases {(options.Biases ? "on" : "off")}",
        context.Model.Config.RotaryDim > 0 ? "before the rotation" : null,
        $"weights {context.Model.Config.ProcessingName}");

    /// <summary>What the patterns and lists of some heads of one layer cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <param name="words">How many.</param>
    /// <param name="heads">How many.</param>
    public static Cost CostOf(Model model, StaticOptions options, double words, double heads) => Costs.Sum(
        HeadPatterns.CostOf(model.Config, heads, words, products: 2),
        SimilarWords.CostOf(model, options, options.K, heads * words));
}
