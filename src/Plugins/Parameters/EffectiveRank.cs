namespace PluginLens.Plugins.Parameters;

/// <summary>
/// How many directions a head's matrices really use. From the singular values s of W_Q, W_K, <c>W_QK = W_Q W_Kᵀ</c>, W_V, W_O and <c>W_OV = W_V W_O</c>: the directions that hold 99 % and 99.9 % of
/// the energy <c>Σ s²</c>, the stable rank <c>Σ s² / s_1²</c>, the entropy rank <c>exp(H(s² / Σ s²))</c> and the numeric rank, the number of <c>s &gt; s_1 max(n, m) 2⁻²³</c>.
/// The products are decomposed through their factors: d_model x d_model is never formed.
/// </summary>
[Analysis("effective-rank", "How many directions heads use",
    Answers = "For each head, how many directions hold the energy of W_Q, W_K, W_QK, W_V, W_O and W_OV, by four measures.",
    Source = "McCormick, Inspecting head behaviour through pattern projections, next to research; stable and entropy rank as in the literature")]
[Holds(Verdict.Exact, "it reads the matrices of heads alone")]
[Writes("effective-rank", typeof(MatrixRank))]
[Writes("singular-values", typeof(HeadSingularValue), When = "with --values")]
public sealed class EffectiveRank : Analysis<EffectiveRankOptions>
{
    /// <summary>One unit in the last place of float32, in which the weights are stored.</summary>
    private const double Rounding = 1.0 / (1 << 23);

    private static readonly string[] Names = ["W_Q", "W_K", "W_QK", "W_V", "W_O", "W_OV"];

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, EffectiveRankOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var weights = new FoldedWeights(model, options.Fold, "--fold");
        var (layers, heads) = (options.Layer.Of(config.NLayers, "layer"), options.Head.Of(config.NHeads, "head"));
        context.Results.Note(NoteLine.Of(
            weights.Description ?? "weights as they are",
            $"weights {config.ProcessingName}",
            config.KeyValueHeads < config.NHeads ? "W_K and W_V of each key-value head beside the first of its query heads" : null));
        var table = context.Results.Table<MatrixRank>("effective-rank", groupBy: 2);
        var values = options.Values ? context.Results.Table<HeadSingularValue>("singular-values", groupBy: 3) : null;
        (int Layer, int Head)[] all = [.. layers.SelectMany(layer => heads.Select(head => (layer, head)))];
        var found = new List<(int Layer, int Head, string Matrix, double[] Spectrum, MatrixRank Rank)>();

        // Decompositions use one thread each, so heads go side by side.
        var spectra = InOrder.Of(context, all.Length, at => Spectra(context.Compute, weights, all[at].Layer, all[at].Head), _ => 8L * Names.Length * config.DHead);
        foreach (var (at, one) in spectra.Index())
        {
            var (layer, head) = all[at];
            context.Progress.Report(new Progress(at, all.Length, $"L{layer}H{head}"));
            foreach (var (name, spectrum) in Names.Zip(one).Where(entry => !(entry.First is "W_K" or "W_V") || heads.First(other => config.KeyValueHeadOf(other) == config.KeyValueHeadOf(head)) == head))
            {
                var rank = Measured(layer, head, name, spectrum, Math.Max(config.DModel, config.DHead));
                table.Add(rank);
                found.Add((layer, head, name, spectrum, rank));
                var (energy, sum) = (spectrum.Sum(value => value * value), 0.0);
                for (var index = 0; index < spectrum.Length && values is not null; index++)
                {
                    sum += spectrum[index] * spectrum[index];
                    values.Add(new HeadSingularValue(layer, head, name, index + 1, spectrum[index], energy == 0 ? 0 : Math.Min(1, sum / energy)));
                }
            }
        }

        foreach (var name in Names)
        {
            var own = found.FindAll(entry => entry.Matrix == name);
            var ranks = own.ToDictionary(entry => (entry.Layer, entry.Head), entry => (double?)entry.Rank.Rank99);
            context.Results.Figure($"rank-{Kebab(name)}", new Heatmap(
                $"Directions that hold 99 % of {name}", "head", "layer", [.. heads.Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")],
                [.. layers.Select(layer => heads.Select(head => ranks.GetValueOrDefault((layer, head))).ToArray())]));
            context.Results.Figure($"curve-{Kebab(name)}", new Chart(
                layers.Count == 1 ? $"Singular values of {name} in layer {layers[0]}" : $"Singular values of {name}, mean over the heads of a layer",
                "rank", "singular value", [.. own[0].Spectrum.Select((_, index) => $"{index + 1}")],
                layers.Count == 1
                    ? [.. own.Select(entry => new Series($"head {entry.Head}", [.. entry.Spectrum.Select(value => (double?)value)]))]
                    : [.. own.GroupBy(entry => entry.Layer).Select(layer => new Series($"layer {layer.Key}", [.. Enumerable.Range(0, own[0].Spectrum.Length).Select(index => (double?)layer.Average(entry => entry.Spectrum[index]))]))]));
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, EffectiveRankOptions options)
    {
        var config = context.Model.Config;
        _ = new FoldedWeights(context.Model, options.Fold, "--fold");
        double heads = (double)options.Layer.Of(config.NLayers, "layer").Count * options.Head.Of(config.NHeads, "head").Count, d = config.DModel, r = Math.Min(config.DHead, config.DModel);

        // QR of two factors (twice where vectors are wanted) and Jacobi sweeps over the core.
        var one = new Cost((16 * d * r * r) + (80 * r * r * r), sizeof(double) * ((6 * d * r) + (6 * r * r)));
        return Costs.Sum(
            Costs.Times(heads * Names.Length, one) with { Bytes = context.Compute.Threads * Names.Length * one.Bytes },
            new Cost(0, heads * Names.Length * r * sizeof(double)),
            Costs.Rows<MatrixRank>(heads * Names.Length),
            Costs.Rows<HeadSingularValue>(options.Values ? heads * Names.Length * r : 0));
    }

    /// <summary>Singular values of the six matrices, largest first.</summary>
    private static double[][] Spectra(Compute compute, FoldedWeights weights, int layer, int head)
    {
        var (q, k, v, o) = (weights.WQ(layer, head), weights.WK(layer, head), weights.WV(layer, head), weights.WO(layer, head).Transpose());
        var identity = Identity(q.Columns);
        return [Of(q, identity), Of(k, identity), Of(q, k), Of(v, identity), Of(o, identity), Of(v, o)];

        double[] Of(Matrix left, Matrix right) => compute.Svd(left, right).S;
    }

    private static Matrix Identity(int size)
    {
        var data = new float[size * size];
        for (var at = 0; at < size; at++)
        {
            data[(at * size) + at] = 1;
        }

        return new Matrix(data, size, size);
    }

    private static MatrixRank Measured(int layer, int head, string name, double[] spectrum, int extent)
    {
        double[] energies = [.. spectrum.Select(value => value * value)];
        var (energy, first) = (energies.Sum(), spectrum.Length == 0 ? 0 : spectrum[0]);
        if (energy == 0)
        {
            return new MatrixRank(layer, head, name, 0, 0, 0, 0, 0, 0, 0);
        }

        var entropy = -energies.Where(value => value > 0).Sum(value => value / energy * Math.Log(value / energy));
        return new MatrixRank(
            layer, head, name, Holding(0.99), Holding(0.999), energy / (first * first), Math.Exp(entropy), spectrum.Count(value => value > first * extent * Rounding), first, Math.Sqrt(energy));

        int Holding(double share)
        {
            var (count, sum) = (0, 0.0);
            while (count < energies.Length && sum < share * energy)
            {
                sum += energies[count++];
            }

            return count;
        }
    }

    private static string Kebab(string name) => name.ToLowerInvariant().Replace('_', '-');
}

/// <summary>The ranks of one matrix of a head; all 0 for a matrix of zeros.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Matrix"><c>W_Q</c>, <c>W_K</c>, <c>W_QK</c>, <c>W_V</c>, <c>W_O</c> or <c>W_OV</c>.</param>
/// <param name="Rank99">Directions that hold 99 % of the energy.</param>
/// <param name="Rank999">Directions that hold 99.9 %.</param>
/// <param name="StableRank">Energy over that of the first direction.</param>
/// <param name="EntropyRank">exp of the entropy of the energies' shares.</param>
/// <param name="NumericRank">Singular values beyond float32 rounding.</param>
/// <param name="LargestSingularValue">The first.</param>
/// <param name="Norm">Frobenius norm, the square root of the energy.</param>
public sealed record MatrixRank(
    int Layer, int Head, string Matrix, int Rank99, int Rank999, double StableRank, double EntropyRank, int NumericRank, double LargestSingularValue, double Norm);

/// <summary>One singular value of a matrix of a head.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Matrix">The matrix.</param>
/// <param name="Rank">1 = largest.</param>
/// <param name="Value">Singular value.</param>
/// <param name="EnergyShare">Share of the energy in this and all larger ones, 0 to 1.</param>
public sealed record HeadSingularValue(int Layer, int Head, string Matrix, int Rank, double Value, double EnergyShare);

/// <summary>Options of <c>effective-rank</c>.</summary>
public sealed record EffectiveRankOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Norms.</summary>
    [Help("What of the norms is put into the weights first: none; gain: diag(w) W for what reads the stream; full: the mean too, where norms subtract one.")]
    public NormFolding Fold { get; init; }

    /// <summary>Singular values.</summary>
    [Help("Also every singular value, as table singular-values.")]
    public bool Values { get; init; }
}
