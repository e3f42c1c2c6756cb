namespace PluginLens.Plugins.Circuits;

/// <summary>
/// What a head looks for: the k largest entries of <c>M = E W_Q W_Kᵀ Eᵀ</c> (V x V), rows = query tokens, columns = key tokens.
/// M is never formed: its factors are <c>E W_Q</c> and <c>E W_K</c>, V x d_head each. No 1/sqrt(d_head), no positions.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.1 and appendix C.2.
/// </summary>
[Analysis("qk-pairs", "Token pairs of attention heads (QK)",
    Answers = "Which query token looks for which key token: the largest entries of E W_Q W_K^T E^T for each head.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.1 and appendix C.2")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation; --offset r gives the score of a query r positions after its key")]
[Holds(Verdict.Approximate, Trait.RotaryScaled, "the rotated dimensions carry the square of rope_attention_factor, which only --offset applies; long contexts use other frequencies")]
[Holds(Verdict.Approximate, Trait.Alibi, "the bias by distance is left out")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet; the bilinear form holds only up to these scales")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Holds(Verdict.Approximate, Trait.ScoreSoftCap, "scores are before their soft-cap, which keeps their order")]
[Writes("qk-pairs", typeof(QueryKeyPair))]
[Writes("qk-curve", typeof(OffsetScore), When = "with --curve")]
public sealed class QkPairs : Analysis<QkPairOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, QkPairOptions options)
    {
        var config = context.Model.Config;
        Check(config, options);
        if (options.Described(context.Model) is { } listed)
        {
            context.Results.Note(listed);
        }

        var reader = new HeadReader(context, options.Reading);
        context.Results.Note(NoteLine.Of(
            $"query side {reader.Sides.Name(writes: false)}, key side {reader.Sides.Name(writes: false)}",
            reader.Description(options),
            ComparisonNote.Of(options),
            new TokenFlags(context.Model, options).Description,
            options.Offset is { } offset ? $"rotary offset {offset}" : config.RotaryDim > 0 ? "before the rotation" : null));
        var table = context.Results.Table<QueryKeyPair>("qk-pairs", groupBy: 2, options.Unasked("QueryLargeNorm", "KeyLargeNorm", "HighBias"));
        var curves = options.Curve is { } last ? new OffsetCurves(context, last) : null;
        PairLists.Run(context, options, Factors, (layer, head, rank, pair, flags) =>
        {
            table.Add(new QueryKeyPair(layer, head, rank, context.Model.Token(pair.Row), context.Model.Token(pair.Column), pair.Score, flags.Row, flags.Column, flags.HighBias));
            curves?.Add(layer, head, rank, pair);
        });
        curves?.Draw();

        HeadFactorPair Factors(int layer, int head, HeadFactorPair? used)
        {
            var queries = reader.Read(layer, head, HeadMatrix.Q, used?.Rows);
            var keys = reader.Read(layer, head, HeadMatrix.K, used?.Columns);
            Action? begin = null;
            if (curves is not null)
            {
                float[] unturned = [.. queries], unturnedKeys = [.. keys];
                begin = () => curves.Start(unturned, unturnedKeys);
            }

            if (options.Offset is { } r)
            {
                Rotary.Rotate(queries, config, r);
                Rotary.Rotate(keys, config, 0);
            }

            (queries, keys) = ComparedFactors.Of(context.Compute, options, (queries, keys), () => Matching(layer, head), () => reader.Read(layer));
            return new HeadFactorPair(queries, keys, begin);
        }

        // What keys are matched with: W_Kᵀ, with the scale of a key's rotation at its own place.
        Matrix Matching(int layer, int head)
        {
            var weight = context.Model.WK(layer, head);
            var turned = ParameterVectors.Gather(weight, [.. Enumerable.Range(0, weight.Rows)]).Data.ToArray();
            if (options.Offset is not null)
            {
                Rotary.Rotate(turned, config, 0);
            }

            return new Matrix(turned, weight.Rows, weight.Columns).Transpose();
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, QkPairOptions options)
    {
        var config = context.Model.Config;
        Check(config, options);
        var pairs = PairLists.Plan<QueryKeyPair>(context, options, shared: 1);
        if (options.Curve is not { } last)
        {
            return pairs;
        }

        var scores = (double)options.Layer.Of(config.NLayers, "layer").Count * options.Head.Of(config.NHeads, "head").Count * PairLists.Listed(context.Model, options) * (last + 1.0);
        return Costs.Sum(pairs, Costs.Rows<OffsetScore>(scores), new Cost(scores * 8 * config.DHead, 2.0 * sizeof(float) * config.DVocab * config.DHead));
    }

    private static void Check(ModelConfig config, QkPairOptions options)
    {
        if (options.Curve is not null && (options.Center || options.Cosine != CosineOf.None))
        {
            throw new UsageException("--curve follows plain scores over the offset; leave --center and --cosine out.");
        }

        if ((options.Offset ?? options.Curve) is not null && config.RotaryDim == 0)
        {
            throw new UsageException($"{(options.Offset is null ? "--curve" : "--offset")}: model '{config.Name}' has {config.Positions} positions; only rotary ones depend on the offset between query and key.");
        }
    }
}

/// <summary>A pair that a head would let attend to each other.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Query">The token that attends.</param>
/// <param name="Key">The token attended to.</param>
/// <param name="Score">Entry of M, before 1/sqrt(d_head); compared as the note says.</param>
/// <param name="QueryLargeNorm">With <c>--flags</c>: whether the query has a large norm.</param>
/// <param name="KeyLargeNorm">With <c>--flags</c>: whether the key has.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the keys of the head's list have a high bias in the logits.</param>
public sealed record QueryKeyPair(
    int Layer, int Head, int Rank, Token Query, Token Key, double Score, bool? QueryLargeNorm = null, bool? KeyLargeNorm = null, bool? HighBias = null);

/// <summary>Options of <c>qk-pairs</c>.</summary>
public sealed record QkPairOptions : PairOptions
{
    /// <summary>Relative position.</summary>
    [Help("Rotary models: query position minus key position; both sides are rotated (0 included). Without it: W_Q W_K^T as stored.")]
    public int? Offset { get; init; }

    /// <summary>Scores over offsets.</summary>
    [AtLeast(0)]
    [Help("Rotary models: also list the score of each pair at every offset from 0 to this one (table qk-curve and a chart for each head).")]
    public int? Curve { get; init; }
}
