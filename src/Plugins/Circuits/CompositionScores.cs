namespace PluginLens.Plugins.Circuits;

/// <summary>
/// Which heads read what earlier heads write: <c>|X Y|_F / (|X|_F |Y|_F)</c> with X = W_OV of a head and Y what a head of a later layer reads with: W_QK (Q-composition),
/// its transpose (K-composition) or W_OV (V-composition). Elhage et al., "A Mathematical Framework for Transformer Circuits". A random rotation between X and Y would give
/// <c>1/√d_model</c>, whatever they are. The products go through their factors (<see cref="CircuitFactors"/>): d_model x d_model is never formed.
/// </summary>
[Analysis("composition-scores", "Which heads read which heads",
    Answers = "How strongly the queries, keys and values of each head read what heads of earlier layers write, against random heads.",
    Source = "Elhage et al., A Mathematical Framework for Transformer Circuits")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("composition-scores", typeof(Composition))]
[Writes("baseline", typeof(CompositionBaseline))]
public sealed class CompositionScores : Analysis<CompositionOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, CompositionOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var weights = new FoldedWeights(model, options.Fold, "--fold");
        var (from, to, pairs) = Layers(config, options);
        var random = RandomHeads.Compose(context, options.Samples);
        context.Results.Table<CompositionBaseline>("baseline").Add(random);
        var baseline = options.Baseline switch { Baseline.Random => random.Mean, Baseline.Rotation => random.Rotation, _ => 0 };
        context.Results.Note(NoteLine.Of(
            "W_OV of the earlier head, then W_QK (q), its transpose (k) or W_OV (v) of the later one",
            weights.Description ?? "weights as they are",
            $"weights {config.ProcessingName}",
            options.Baseline == Baseline.None ? "no baseline" : FormattableString.Invariant($"excess over {baseline:0.0000}, {(options.Baseline == Baseline.Random ? $"the mean of {options.Samples} pairs of random heads, seed {context.Seed}" : "1/sqrt(d_model)")}")));
        var (best, grid, heads, writers, done) = (new BestCompositions(options.K), new CompositionGrid(config, from, to), new CircuitFactors(context, weights), new Dictionary<int, Matrix>(), 0);
        foreach (var layer in from.Union(to).Order())
        {
            // Every head of a layer is decomposed once: it writes for later layers, and reads earlier ones in three ways.
            context.Progress.Report(new Progress(done, pairs, $"layer {layer}"));
            var ov = heads.OfLayer(layer, Circuit.OV);
            if (to.Contains(layer) && writers.Count > 0)
            {
                var qk = heads.OfLayer(layer, Circuit.QK);
                foreach (var (earlier, writer) in writers)
                {
                    context.Cancellation.ThrowIfCancellationRequested();
                    context.Progress.Report(new Progress(done++, pairs, $"layers {earlier} and {layer}"));
                    foreach (var (kind, reader) in new[] { (CompositionKind.Q, qk.Left), (CompositionKind.K, qk.Right), (CompositionKind.V, ov.Left) })
                    {
                        foreach (var (head, other, score) in CircuitFactors.Scores(context.Compute, writer, reader, config.NHeads))
                        {
                            var row = new Composition(kind, 0, earlier, head, layer, other, score, score - baseline);
                            best.Add(row);
                            grid.Add(row);
                        }
                    }

                    best.Cut();
                }
            }

            if (from.Contains(layer))
            {
                writers.Add(layer, ov.Right);
            }
        }

        var table = context.Results.Table<Composition>("composition-scores", groupBy: 1);
        best.Rows.ForEach(table.Add);
        grid.Draw(context.Results);
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, CompositionOptions options)
    {
        var config = context.Model.Config;
        _ = new FoldedWeights(context.Model, options.Fold, "--fold");
        var (from, to, pairs) = Layers(config, options);
        double d = config.DModel, r = config.DHead, layers = from.Union(to).Count(), kinds = Enum.GetValues<CompositionKind>().Length;
        return Costs.Sum(
            RandomHeads.CostOf(config, options.Samples),
            CircuitFactors.CostOf(context, layers * config.NHeads * 2),
            Costs.Times(kinds * pairs, Costs.Product(config.NHeads * r, d, config.NHeads * r, sizeof(double))),
            new Cost(0, (from.Count + 4.0) * sizeof(float) * config.NHeads * r * d),
            CompositionGrid.CostOf(config, from, to),
            Costs.Rows<Composition>(kinds * Math.Min(2.0 * options.K, pairs * config.NHeads * config.NHeads)),
            Costs.Rows<CompositionBaseline>(1));
    }

    private static (IReadOnlyList<int> From, IReadOnlyList<int> To, int Pairs) Layers(ModelConfig config, CompositionOptions options)
    {
        var (from, to) = (options.FromLayer.Of(config.NLayers, "from-layer"), options.ToLayer.Of(config.NLayers, "to-layer"));
        var pairs = from.Sum(earlier => to.Count(later => later > earlier));
        return pairs > 0 ? (from, to, pairs) : throw new UsageException(
            $"--from-layer {options.FromLayer} --to-layer {options.ToLayer}: model '{config.Name}' has {config.NLayers} layers; expected one of --from-layer before one of --to-layer.");
    }
}

/// <summary>How much one head reads of another.</summary>
/// <param name="Kind">What of the later head reads: q, k or v.</param>
/// <param name="Rank">1 = largest of its kind.</param>
/// <param name="FromLayer">Layer of the head that writes.</param>
/// <param name="FromHead">The query head that writes.</param>
/// <param name="ToLayer">Layer of the head that reads.</param>
/// <param name="ToHead">The query head that reads.</param>
/// <param name="Score">0 (it reads nothing of it, or one of the two is zero) to 1.</param>
/// <param name="Excess">Score less the baseline.</param>
public sealed record Composition(CompositionKind Kind, int Rank, int FromLayer, int FromHead, int ToLayer, int ToHead, double Score, double Excess);

/// <summary>What heads that know nothing of each other score.</summary>
/// <param name="Samples">Pairs of heads whose matrices are independent standard normal numbers, of the model's sizes.</param>
/// <param name="Mean">Their mean score; 0 without samples.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <param name="Rotation"><c>1/√d_model</c>: the root mean square over all rotations between any two matrices.</param>
public sealed record CompositionBaseline(int Samples, double Mean, double Deviation, double Rotation);

/// <summary>What of the later head reads.</summary>
public enum CompositionKind
{
    /// <summary>Queries: <c>W_OV · W_QK</c>.</summary>
    Q,

    /// <summary>Keys: <c>W_OV · W_QKᵀ</c>.</summary>
    K,

    /// <summary>Values: <c>W_OV · W_OV</c>.</summary>
    V,
}

/// <summary>What is subtracted from a score.</summary>
public enum Baseline
{
    /// <summary>The mean of random heads.</summary>
    Random,

    /// <summary><c>1/√d_model</c>.</summary>
    Rotation,

    /// <summary>Nothing.</summary>
    None,
}

/// <summary>Options of <c>composition-scores</c>.</summary>
public sealed record CompositionOptions
{
    /// <summary>Earlier layers.</summary>
    [Help("Layers of the heads that write: all, 3, 0,2-4; -1 is the last.")]
    public Selection FromLayer { get; init; } = Selection.All;

    /// <summary>Later layers.</summary>
    [Help("Layers of the heads that read: all, 3, 0,2-4; -1 is the last.")]
    public Selection ToLayer { get; init; } = Selection.All;

    /// <summary>Rows of each kind.</summary>
    [AtLeast(1)]
    [Help("Pairs of heads listed of each kind, largest score first.")]
    public int K { get; init; } = 20;

    /// <summary>Norms.</summary>
    [Help("What of the norms is put into the weights first: none; gain: diag(w) W for what reads the stream; full: the mean too, where norms subtract one.")]
    public NormFolding Fold { get; init; }

    /// <summary>What is subtracted.</summary>
    [Help("random: the mean of random heads (--seed); rotation: 1/sqrt(d_model), the root mean square over all rotations; none.")]
    public Baseline Baseline { get; init; }

    /// <summary>Random heads.</summary>
    [AtLeast(2)]
    [Help("Pairs of random heads.")]
    public int Samples { get; init; } = 50;
}
