namespace PluginLens.Plugins.Circuits;

/// <summary>
/// The directions of a circuit as words: <c>M = Σ s_i u_i v_iᵀ</c> for <c>W_V W_O</c> (what is attended to, what is written), <c>W_Q W_Kᵀ</c> (query, key), W_in and W_gate (words in, neurons out)
/// and W_out (neurons in, words out). Both ends of a direction are listed, since u with v and -u with -v are one: <c>plus</c> is the end at which the component of largest magnitude of v is positive
/// (of u for W_in and W_gate), the lowest index deciding ties. Heads through their thin factors. Millidge and Black, "The singular value decompositions of transformer weight matrices are highly interpretable".
/// </summary>
[Analysis("circuit-svd", "Directions of heads and MLPs as words",
    Answers = "For the largest singular directions of a head's OV or QK circuit, or of an MLP matrix, the words at both ends and the share of the energy.",
    Source = "Millidge and Black, The singular value decompositions of transformer weight matrices are highly interpretable")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the output side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.Rotary, "W_Q W_K^T is the score before the rotation")]
[Holds(Verdict.Approximate, Trait.QkNorm, "q and k are normed before they meet")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("circuit-svd", typeof(CircuitDirection))]
[Writes("words", typeof(DirectionWord))]
[Writes("neurons", typeof(DirectionNeuron), When = "with --matrix in, gate or out")]
public sealed class CircuitSvd : Analysis<CircuitSvdOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, CircuitSvdOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var layers = options.Layer.Of(config.NLayers, "layer");
        var (decompositions, reader) = (new Decompositions(context, options), new DirectionReader(context, options));
        context.Results.Note(NoteLine.Of(reader.Description, decompositions.Description, $"weights {config.ProcessingName}"));
        context.Results.Note("plus is the end at which the largest component of what is written (ov, out), of the key (qk) or of what is read (in, gate) is positive");
        var directions = context.Results.Table<CircuitDirection>("circuit-svd", groupBy: 3);
        var words = context.Results.Table<DirectionWord>("words", groupBy: 5, options.Unasked("FromLargeNorm", "ToLargeNorm"));
        var neurons = options.Matrix.Any(Decompositions.IsMlp) ? context.Results.Table<DirectionNeuron>("neurons", groupBy: 4) : null;
        var (done, all) = (0, options.Matrix.Distinct().Count() * layers.Count);
        foreach (var matrix in options.Matrix.Distinct())
        {
            var (grid, rows) = (new DirectionGrid(matrix), new List<CircuitDirection>());
            foreach (var layer in layers)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                context.Progress.Report(new Progress(done++, all, $"{matrix} of layer {layer}".ToLowerInvariant()));
                var found = decompositions.Of(matrix, layer);
                rows.AddRange(found.SelectMany(one => one.Directions()));
                foreach (var word in grid.Add(reader.Words(found)))
                {
                    words.Add(word);
                }

                found.SelectMany(one => one.Neurons(options.K)).ToList().ForEach(row => neurons?.Add(row));
            }

            rows.ForEach(directions.Add);
            grid.Draw(context.Results, rows);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, CircuitSvdOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var decompositions = new Decompositions(context, options);
        double layers = options.Layer.Of(config.NLayers, "layer").Count, heads = options.Head.Of(config.NHeads, "head").Count;
        var parts = options.Matrix.Distinct().Select(matrix =>
        {
            double circuits = Decompositions.IsMlp(matrix) ? 1 : heads, ends = 2 * circuits * Math.Min(options.Directions, Decompositions.Rank(config, matrix));
            var sides = Decompositions.IsMlp(matrix) ? 1 : 2;
            return Costs.Sum(
                Costs.Times(layers, Costs.Sum(decompositions.CostOf(matrix, circuits), Costs.Times(sides, SimilarWords.CostOf(model, options, options.K, ends)))),
                Costs.Rows<CircuitDirection>(layers * ends / 2),
                Costs.Rows<DirectionWord>(layers * ends * Math.Min(options.K, config.DVocab)),
                Costs.Rows<DirectionNeuron>(Decompositions.IsMlp(matrix) ? layers * ends * Math.Min(options.K, config.DMlp) : 0));
        });
        return Costs.Sum(parts.Append(Costs.Widened(model)));
    }
}

/// <summary>One singular direction.</summary>
/// <param name="Matrix">The matrix.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head; none for MLPs.</param>
/// <param name="Direction">1 = largest singular value.</param>
/// <param name="SingularValue">s.</param>
/// <param name="EnergyShare"><c>s² / Σ s²</c>.</param>
/// <param name="Cumulative">Of this and all larger ones.</param>
public sealed record CircuitDirection(CircuitMatrix Matrix, int Layer, int? Head, int Direction, double SingularValue, double EnergyShare, double Cumulative);

/// <summary>One rank of the words at one end of a direction.</summary>
/// <param name="Matrix">The matrix.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head; none for MLPs.</param>
/// <param name="Direction">1 = largest singular value.</param>
/// <param name="End">Which end.</param>
/// <param name="Rank">1 = most similar.</param>
/// <param name="From">What goes in: a token attended to (ov), a query (qk), what neurons read (in, gate); none for out, and where the list is shorter.</param>
/// <param name="FromScore">Cosine or dot product with the direction.</param>
/// <param name="To">What comes out: what is written (ov, out), the key (qk); none for in and gate.</param>
/// <param name="ToScore">Cosine or dot product with the direction.</param>
/// <param name="FromLargeNorm">With <c>--flags</c>: whether what goes in has a large norm.</param>
/// <param name="ToLargeNorm">Likewise.</param>
/// <param name="FromHighBias">Whether the list is made of tokens with a high bias in the logits; empty without an unembedding.</param>
/// <param name="ToHighBias">Likewise.</param>
public sealed record DirectionWord(
    CircuitMatrix Matrix, int Layer, int? Head, int Direction, DirectionEnd End, int Rank, Token? From, double? FromScore, Token? To, double? ToScore, bool? FromLargeNorm, bool? ToLargeNorm, bool? FromHighBias, bool? ToHighBias);

/// <summary>One rank of the neurons at one end of a direction.</summary>
/// <param name="Matrix">in, gate or out.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Direction">1 = largest singular value.</param>
/// <param name="End">Which end.</param>
/// <param name="Rank">1 = largest component.</param>
/// <param name="Neuron">The neuron.</param>
/// <param name="Component">Its component in the direction, -1 to 1; negative where the end has no more neurons.</param>
public sealed record DirectionNeuron(CircuitMatrix Matrix, int Layer, int Direction, DirectionEnd End, int Rank, int Neuron, double Component);

/// <summary>What is decomposed.</summary>
public enum CircuitMatrix
{
    /// <summary>W_V W_O.</summary>
    Ov,

    /// <summary>W_Q W_Kᵀ.</summary>
    Qk,

    /// <summary>W_in.</summary>
    In,

    /// <summary>W_gate.</summary>
    Gate,

    /// <summary>W_out.</summary>
    Out,
}

/// <summary>The two ends of a direction.</summary>
public enum DirectionEnd
{
    /// <summary>That of the positive largest component.</summary>
    Plus,

    /// <summary>The other.</summary>
    Minus,
}

/// <summary>Options of <c>circuit-svd</c>.</summary>
public sealed record CircuitSvdOptions : ListOptions
{
    /// <summary>What is decomposed.</summary>
    [Help("ov, qk, in, gate, out, separated by commas.")]
    public CircuitMatrix[] Matrix { get; init; } = [CircuitMatrix.Ov];

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads of ov and qk: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Directions.</summary>
    [AtLeast(1)]
    [Help("Directions of each, largest singular value first; those within rounding of 0 are left out.")]
    public int Directions { get; init; } = 3;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens (and neurons) per list.")]
    public int K { get; init; } = 6;

    /// <summary>Score.</summary>
    [Help("cosine or dot (the paper): how a direction is compared with the rows of the vocabulary.")]
    public Similarity Score { get; init; }

    /// <summary>Norms.</summary>
    [Help("What of the norms is put into matrix and unembedding first: none; gain: diag(w) for what reads the stream; full: the mean too, where norms subtract one.")]
    public NormFolding Fold { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for what reads the residual stream, W_U for what writes it; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}
