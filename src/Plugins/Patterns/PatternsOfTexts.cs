namespace PluginLens.Plugins.Patterns;

/// <summary>Patterns of the tokens of a text, from hook_q or hook_k, or from the layer's raw input.</summary>
/// <param name="context">The run.</param>
/// <param name="options">Side, input, biases, offset, norm.</param>
internal sealed class PatternsOfTexts(AnalysisContext context, TextPatternOptions options)
{
    private readonly HeadPatterns _heads = new(context.Model, context.Compute);
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
        $"weights {context.Model.Config.ProcessingName}");

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
