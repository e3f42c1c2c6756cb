namespace PluginLens.Plugins.States;

/// <summary>
/// Do the parameters that are active at a position say what the hidden state there says? R_k of the most active FFN keys and values, W_V columns and W_O rows of
/// each layer against the output of the same block. Dar et al., "Analyzing Transformers in Embedding Space", section 4.2.
/// </summary>
[Analysis("rk-overlap", "Active parameters against hidden states, same layer",
    Answers = "How much the words of the most active parameters overlap with those of the block's output.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.2")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding to read hidden states with")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the block's output is read without the masked-LM head unless --head is given")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Writes("rk-overlap", typeof(RkRow))]
public sealed class RkOverlap : Analysis<RkOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, RkOptions options) => new RkScores(context, options).Run("rk-overlap", layer => layer);

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, RkOptions options) => new RkScores(context, options).Plan(layer => layer);
}
