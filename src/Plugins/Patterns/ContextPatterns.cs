namespace PluginLens.Plugins.Patterns;

/// <summary>Patterns of states of the residual stream, and their logits.</summary>
internal sealed class ContextPatterns
{
    private readonly Model _model;
    private readonly PatternsContextOptions _options;
    private readonly HeadPatterns _heads;
    private readonly ModelNorm? _final;

    /// <summary>Looks at the model's norms.</summary>
    /// <param name="context">The run.</param>
    /// <param name="options">Input, norm, biases.</param>
    public ContextPatterns(AnalysisContext context, PatternsContextOptions options)
    {
        (_model, _options, _heads, _final) = (context.Model, options, new HeadPatterns(context.Model, context.Compute), ModelNorm.Final(context.Model));
        if (options.Input == ContextInput.Final && _final is null)
        {
            throw new UsageException($"--input final: model '{_model.Config.Name}' has no final norm; use raw or normed.");
        }
    }

    /// <summary>The input of a layer.</summary>
    /// <param name="layer">Layer.</param>
    public static string Hook(int layer) => $"blocks.{layer}.hook_resid_pre";

    /// <summary>The state that the logits are made of.</summary>
    public string LastHook => $"blocks.{_model.Config.NLayers - 1}.{(_model.Config.Traits.Contains(Trait.PostNorm) ? "hook_normalized_resid_post" : "hook_resid_post")}";

    /// <summary>What was done, for notes.</summary>
    public string Description => NoteLine.Of(
        _options.Input switch { ContextInput.Final => "layer inputs under the final norm, that of layer 0 raw", ContextInput.Normed => "layer inputs under the norm before the heads", _ => "raw layer inputs" },
        _options.NoPatternNorm || _final is null ? "patterns as they are" : "patterns under the final norm",
        $"biases {(_options.Biases ? "on" : "off")}",
        _model.Config.RotaryDim > 0 ? "before the rotation" : null,
        $"closest words in the logits of the layer's input{(_model.HasWeight("unembed.b_U") ? ", b_U included" : string.Empty)}",
        $"weights {_model.Config.ProcessingName}");

    /// <summary>The patterns in some heads, <c>(heads * positions) x d_model</c>, the positions of the first head first.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="state">The layer's input, <c>positions x d_model</c>.</param>
    public Matrix Of(int layer, IReadOnlyList<int> heads, Matrix state)
    {
        // The input of a post-norm layer is normed already.
        var norm = _options.Input switch
        {
            ContextInput.Final => layer == 0 ? null : _final,
            ContextInput.Normed => _model.Config.Traits.Contains(Trait.PostNorm) ? null : ModelNorm.BeforeAttention(_model, layer),
            _ => null,
        };
        var x = norm?.Apply(state) ?? state;
        var patterns = HeadPatterns.Stacked(heads, head => _heads.OfQueries(layer, head, _heads.Read(layer, head, HeadMatrix.Q, x, _options.Biases)));
        return _options.NoPatternNorm ? patterns : _final?.Apply(patterns) ?? patterns;
    }

    /// <summary>One logit of each state, before a soft-cap, in float64.</summary>
    /// <param name="states">States, <c>n x d_model</c>.</param>
    /// <param name="tokens">The token of each, <c>[n]</c>.</param>
    public double[] Logits(Matrix states, IReadOnlyList<int> tokens)
    {
        var normed = _final?.Apply(states) ?? states;
        var columns = ParameterVectors.Gather(_model.WU.Transpose(), tokens);
        return [.. Enumerable.Range(0, states.Rows).Select(at =>
        {
            var sum = _model.HasWeight("unembed.b_U") ? _model.Weight("unembed.b_U").Span[tokens[at]] : 0.0;
            for (var index = 0; index < normed.Columns; index++)
            {
                sum += (double)normed.Row(at)[index] * columns.Row(at)[index];
            }

            return sum;
        })];
    }
}
