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
        var width = context.Model.Config.DModel;
        var patterns = new float[heads.Count * positions.Count * width];
        foreach (var (at, head) in heads.Index())
        {
            var read = Rows(layer, head, activation, positions);
            if (options.Offset is { } offset)
            {
                // The other side stands at 0, where only a scaled rotation differs from none.
                Rotary.Rotate(read, context.Model.Config, options.Side == PatternSide.Query ? offset : -offset);
                Rotary.Rotate(read, context.Model.Config, 0);
            }

            var rows = new Matrix(read, positions.Count, context.Model.Config.DHead);
            var made = options.Side == PatternSide.Query ? _heads.OfQueries(layer, head, rows) : _heads.OfKeys(layer, head, rows);
            for (var row = 0; row < positions.Count; row++)
            {
                var target = patterns.AsSpan(((at * positions.Count) + row) * width, width);
                made.CopyRow(row, target);
                _norm?.Apply(target, target);
            }
        }

        return new Matrix(patterns, heads.Count * positions.Count, width);
    }

    /// <summary>Queries or keys at the positions, <c>[positions * d_head]</c>.</summary>
    private float[] Rows(int layer, int head, Tensor activation, IReadOnlyList<int> positions)
    {
        if (options.Input == PatternInput.Raw)
        {
            return _heads.Read(layer, head, Reads, ParameterVectors.Gather(activation[0].AsMatrix(), positions), !options.NoBias).Data.ToArray();
        }

        var (all, config) = (_heads.OfHead(activation, 0, head), context.Model.Config);
        var rows = new float[positions.Count * config.DHead];
        foreach (var (at, position) in positions.Index())
        {
            all.CopyRow(position, rows.AsSpan(at * config.DHead, config.DHead));
        }

        var name = $"blocks.{layer}.attn.b_{Reads}";
        if (options.NoBias && context.Model.HasWeight(name))
        {
            var bias = context.Model.Weight(name)[Reads == HeadMatrix.Q ? head : config.KeyValueHeadOf(head)].Span;
            for (var at = 0; at < rows.Length; at++)
            {
                rows[at] -= bias[at % bias.Length];
            }
        }

        return rows;
    }
}
