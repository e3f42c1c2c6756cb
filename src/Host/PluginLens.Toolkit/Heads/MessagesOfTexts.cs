namespace PluginLens.Toolkit;

/// <summary>Messages of the tokens of a text, from hook_v.</summary>
/// <param name="context">The run.</param>
/// <param name="noBias">Whether b_V is left out.</param>
public sealed class MessagesOfTexts(AnalysisContext context, bool noBias)
{
    private readonly HeadPatterns _heads = new(context.Model, context.Compute);

    /// <summary>What a forward pass has to give.</summary>
    /// <param name="layer">Layer.</param>
    public static string Hook(int layer) => $"blocks.{layer}.attn.hook_v";

    /// <summary>What was done, for notes.</summary>
    public string Description => $"b_V {(noBias ? "off" : "on")}, b_O off";

    /// <summary>The messages in some heads, <c>(heads * positions) x d_model</c>, the positions of the first head first.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="activation">The hook's value.</param>
    /// <param name="positions">Positions.</param>
    public Matrix Of(int layer, IReadOnlyList<int> heads, Tensor activation, IReadOnlyList<int> positions) => HeadPatterns.Stacked(heads, head =>
    {
        var values = ParameterVectors.Gather(_heads.OfHead(activation, 0, head), positions);
        return _heads.Messages(layer, head, noBias ? _heads.WithoutBias(layer, head, HeadMatrix.V, values) : values);
    });
}
