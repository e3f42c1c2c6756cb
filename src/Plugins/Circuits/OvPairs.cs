namespace PluginLens.Plugins.Circuits;

/// <summary>
/// What a head writes when it attends to a token: the k largest entries of <c>M = E W_V W_O U</c> (V x V), rows = input
/// (attended) tokens, columns = output tokens. M is never formed: its factors are <c>E W_V</c> and <c>(W_O U)ᵀ</c>, V x d_head each.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.1 and appendix C.1, which prints (output, input).
/// </summary>
[Analysis("ov-pairs", "Token pairs of attention heads (OV)",
    Answers = "Which token in, which token out: the largest entries of E W_V W_O U for each head.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.1 and appendix C.1")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.LogitSoftCap, "scores are before the soft-cap of the logits, which keeps their order")]
[Writes("ov-pairs", typeof(InputOutputPair))]
[Writes("ov-pairs", typeof(OutputInputPair), When = "with --paper-order")]
public sealed class OvPairs : Analysis<OvPairOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, OvPairOptions options)
    {
        if (options.Described(context.Model) is { } listed)
        {
            context.Results.Note(listed);
        }

        var reader = new HeadReader(context, options.Reading);
        context.Results.Note(NoteLine.Of($"input side {reader.Sides.Name(writes: false)}, output side {reader.Sides.Name(writes: true)}", reader.Description(options), ComparisonNote.Of(options), new TokenFlags(context.Model, options).Description));
        HeadFactorPair Factors(int layer, int head, HeadFactorPair? used)
        {
            var rows = reader.Read(layer, head, HeadMatrix.V, used?.Rows);
            var columns = reader.Write(layer, head, used?.Columns);
            (rows, columns) = ComparedFactors.Of(context.Compute, options, (rows, columns), () => context.Model.WO(layer, head), () => reader.Written);
            return new HeadFactorPair(rows, columns);
        }

        if (options.PaperOrder)
        {
            var swapped = context.Results.Table<OutputInputPair>("ov-pairs", groupBy: 2, options.Unasked("OutputLargeNorm", "InputLargeNorm", "HighBias"));
            PairLists.Run(context, options, Factors, (layer, head, rank, pair, flags) => swapped.Add(new OutputInputPair(
                layer, head, rank, context.Model.Token(pair.Column), context.Model.Token(pair.Row), pair.Score, flags.Column, flags.Row, flags.HighBias)));
            return;
        }

        var table = context.Results.Table<InputOutputPair>("ov-pairs", groupBy: 2, options.Unasked("InputLargeNorm", "OutputLargeNorm", "HighBias"));
        PairLists.Run(context, options, Factors, (layer, head, rank, pair, flags) => table.Add(new InputOutputPair(
            layer, head, rank, context.Model.Token(pair.Row), context.Model.Token(pair.Column), pair.Score, flags.Row, flags.Column, flags.HighBias)));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, OvPairOptions options) => PairLists.Plan<InputOutputPair>(context, options, shared: 1);
}

/// <summary>A pair as the head maps it.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Head.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Input">The token attended to.</param>
/// <param name="Output">The token whose logit the head then raises.</param>
/// <param name="Score">Entry of M: change of the output's logit per unit of attention, norms left out; compared as the note says.</param>
/// <param name="InputLargeNorm">With <c>--flags</c>: whether the input has a large norm.</param>
/// <param name="OutputLargeNorm">With <c>--flags</c>: whether the output has.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the outputs of the head's list have a high bias in the logits.</param>
public sealed record InputOutputPair(
    int Layer, int Head, int Rank, Token Input, Token Output, double Score, bool? InputLargeNorm = null, bool? OutputLargeNorm = null, bool? HighBias = null);

/// <summary>The same pair in the order in which the paper prints it.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Head.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Output">The token whose logit the head raises.</param>
/// <param name="Input">The token attended to.</param>
/// <param name="Score">Entry of M; compared as the note says.</param>
/// <param name="OutputLargeNorm">With <c>--flags</c>: whether the output has a large norm.</param>
/// <param name="InputLargeNorm">With <c>--flags</c>: whether the input has.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the outputs of the head's list have a high bias in the logits.</param>
public sealed record OutputInputPair(
    int Layer, int Head, int Rank, Token Output, Token Input, double Score, bool? OutputLargeNorm = null, bool? InputLargeNorm = null, bool? HighBias = null);

/// <summary>Options of <c>ov-pairs</c>.</summary>
public sealed record OvPairOptions : PairOptions
{
    /// <summary>Column order.</summary>
    [Help("Print (output, input) as the paper does.")]
    public bool PaperOrder { get; init; }
}
