namespace PluginLens.Plugins.States;

/// <summary>
/// Do the parameters that are active at a position say what the hidden state there says? R_k of the most active FFN keys and values, W_V columns and W_O rows of
/// each layer against the output of the last block. Dar et al., "Analyzing Transformers in Embedding Space", appendix B.2.
/// </summary>
[Analysis("rk-final", "Active parameters against hidden states, last layer",
    Answers = "How much the words of the most active parameters of each layer overlap with those of the model's last state.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, appendix B.2")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "there is no unembedding to read hidden states with")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the block's output is read without the masked-LM head unless --head is given")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Writes("rk-final", typeof(RkRow))]
public sealed class RkFinal : Analysis<RkOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, RkOptions options) => new RkScores(context, options).Run("rk-final", _ => context.Model.Config.NLayers - 1);

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, RkOptions options) => new RkScores(context, options).Plan(_ => context.Model.Config.NLayers - 1);
}
