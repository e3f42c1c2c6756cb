namespace PluginLens.Toolkit;

/// <summary>Patterns of the tokens of a text, from hook_q or hook_k, or from the layer's raw input, and their words.</summary>
/// <param name="context">The run.</param>
/// <param name="options">Side, input, biases, offset, norm, score.</param>
/// <param name="k">Tokens per list.</param>
public sealed class PatternsOfTexts(AnalysisContext context, PatternOptions options, int k)
{
    private readonly HeadPatterns _heads = new(context.Model, context.Compute);
    private readonly SimilarWords _similar = new(context, options, k);
    private readonly NormedVocabulary _raw = new(context.Model.WE, norm: null);
    private readonly ModelNorm? _norm = options.Norm == NormOn.Pattern ? ModelNorm.Final(context.Model) : null;

    private HeadMatrix Reads => options.Side == PatternSide.Query ? HeadMatrix.Q : HeadMatrix.K;

    /// <summary>What a forward pass has to give.</summary>
    /// <param name="layer">Layer.</param>
    public string Hook(int layer) => options.Input == PatternInput.Raw ? $"blocks.{layer}.hook_resid_pre" : $"blocks.{layer}.attn.hook_{(options.Side == PatternSide.Query ? 'q' : 'k')}";

    /// <summary>What was done, for notes.</summary>
    public string Description => NoteLine.Of(
        options.Side == PatternSide.Query ? "what tokens look for (query side)" : "what would attend to tokens (key side)",
        options.Input == PatternInput.Raw ? "layer inputs before their norm" : null,
        options.Norm switch { NormOn.Vocabulary => "W_E under the norm before each layer's heads", NormOn.Pattern => "patterns under the final norm, raw W_E", _ => "raw W_E" },
        $"biases {(options.NoBias ? "off" : "on")}",
        options.Offset is { } offset ? $"rotary offset {offset}" : context.Model.Config.RotaryDim > 0 ? "before the rotation" : null,
        $"weights {context.Model.Config.ProcessingName}",
        options.Score == Similarity.Cosine ? "cosine" : "dot product",
        _similar.Description);

    /// <summary>Which words are listed, and which lists are flagged.</summary>
    public SimilarWords Similar => _similar;

    /// <summary>The words of patterns of a layer, against the vocabulary as options ask.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="patterns">Of <see cref="Of"/>.</param>
    public TokenList[] Words(int layer, Matrix patterns) =>
        _similar.Of(options.Norm == NormOn.Vocabulary ? _raw.Under(ModelNorm.BeforeAttention(context.Model, layer)) : _raw, patterns, options.Score);

    /// <summary>What the patterns and words of some heads of a layer cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">The options.</param>
    /// <param name="k">Tokens per list.</param>
    /// <param name="heads">How many heads.</param>
    /// <param name="positions">How many positions.</param>
    public static Cost CostOf(Model model, PatternOptions options, int k, double heads, double positions) => Costs.Sum(
        HeadPatterns.CostOf(model.Config, heads, positions, products: 2), SimilarWords.CostOf(model, options, k, heads * positions));

    /// <summary>The patterns in some heads, <c>(heads * positions) x d_model</c>, the positions of the first head first.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="activation">The hook's value.</param>
    /// <param name="positions">Positions.</param>
    public Matrix Of(int layer, IReadOnlyList<int> heads, Tensor activation, IReadOnlyList<int> positions)
    {
        var patterns = HeadPatterns.Stacked(heads, head =>
        {
            var read = Rows(layer, head, activation, positions);
            return options.Side == PatternSide.Query ? _heads.OfQueries(layer, head, read) : _heads.OfKeys(layer, head, read);
        });
        return _norm?.Apply(patterns) ?? patterns;
    }

    /// <summary>Queries or keys at the positions, <c>positions x d_head</c>, rotated where asked.</summary>
    private Matrix Rows(int layer, int head, Tensor activation, IReadOnlyList<int> positions)
    {
        var read = options.Input == PatternInput.Raw
            ? _heads.Read(layer, head, Reads, ParameterVectors.Gather(activation[0].AsMatrix(), positions), !options.NoBias)
            : Hooked(layer, head, ParameterVectors.Gather(_heads.OfHead(activation, 0, head), positions));
        if (options.Offset is not { } offset)
        {
            return read;
        }

        // The other side stands at 0, where only a scaled rotation differs from none.
        var rotated = read.Data.ToArray();
        Rotary.Rotate(rotated, context.Model.Config, options.Side == PatternSide.Query ? offset : -offset);
        Rotary.Rotate(rotated, context.Model.Config, 0);
        return new Matrix(rotated, read.Rows, read.Columns);
    }

    private Matrix Hooked(int layer, int head, Matrix rows) => options.NoBias ? _heads.WithoutBias(layer, head, Reads, rows) : rows;
}
