namespace PluginLens.Plugins.Parameters;

/// <summary>
/// Does a product of two vectors survive when each is seen only through the k largest entries of its projection on the vocabulary? For n vectors X:
/// cosine between the flattened Gram matrices <c>X Xᵀ</c> and <c>keep_k(X Eᵀ) keep_k(X Fᵀ)ᵀ</c>, where F = E (the paper's choice) or F = (E⁺)ᵀ (exact when all
/// entries are kept). Dar et al., "Analyzing Transformers in Embedding Space", appendix A.
/// </summary>
[Analysis("keep-k", "Inner products from the largest logits",
    Answers = "How well products of vectors survive when only the k largest entries of their projections are kept.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, appendix A")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E is used")]
[Writes("keep-k", typeof(KeepKRow))]
public sealed class KeepK : Analysis<KeepKOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, KeepKOptions options)
    {
        var sides = new VocabularySides(context.Model, options.Embedding);
        var embedding = sides.Writing;
        var x = Sample(context, options);
        context.Results.Note($"{x.Rows} vectors ({options.X.ToString().ToLowerInvariant()}) on {sides.Name(writes: true)}, all {embedding.Rows} rows; weights {context.Model.Config.ProcessingName}; seed {context.Seed}");
        var products = Flat(context, x, x);
        var direct = context.Compute.Multiply(x, embedding.Transpose());
        var inverse = context.Compute.Multiply(x, context.Compute.TransposedPseudoInverse(embedding).Transpose());
        var table = context.Results.Table<KeepKRow>("keep-k");
        var rows = new List<KeepKRow>();
        var ks = Sizes(options, embedding.Rows);
        foreach (var k in ks)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(rows.Count, ks.Length, $"k {k}"));
            var kept = context.Compute.KeepLargest(direct, k);
            rows.Add(new KeepKRow(k, Cosine(products, Flat(context, kept, kept)), Cosine(products, Flat(context, kept, context.Compute.KeepLargest(inverse, k)))));
            table.Add(rows[^1]);
        }

        context.Results.Figure("keep-k", new Chart(
            "Products from the k largest entries", "k", "cosine with the true products", [.. rows.Select(row => $"{row.K}")],
            [new Series("E transposed", [.. rows.Select(row => (double?)row.Transpose)]), new Series("pseudo-inverse", [.. rows.Select(row => (double?)row.PseudoInverse)])]));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, KeepKOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        double v = config.DVocab, d = config.DModel, tokens = options.X == Vectors.Hidden ? context.RequirePrompts().Sum(prompt => (double)prompt.Tokens.Length) : 0;
        var n = options.X switch
        {
            Vectors.Values => Math.Min(options.Samples, (double)config.NLayers * config.DMlp),
            Vectors.Hidden => Math.Min(options.Samples, config.NLayers * tokens),
            _ => options.Samples,
        };
        var passes = options.X == Vectors.Hidden ? context.Prompts.Select(prompt => Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false)) : [];
        return Costs.Sum(
            Costs.Widened(model),
            Costs.SideBySide(context, passes),
            new Cost(0, sizeof(float) * config.NLayers * tokens * d),
            Costs.Times(2, Costs.Product(n, d, v)),
            new Cost((4 * v * d * d) + (12 * d * d * d), (sizeof(float) * v * d) + (3 * sizeof(double) * d * d)),
            new Cost(2 * n * n * (d + (2.0 * Sizes(options, config.DVocab).Length * v)), (3 * sizeof(float) * n * v) + (sizeof(float) * n * d) + (3 * sizeof(double) * n * n)));
    }

    /// <summary>Beyond the vocabulary all is kept: one row says that.</summary>
    private static int[] Sizes(KeepKOptions options, int vocabulary) => [.. options.K.Select(k => Math.Min(k, vocabulary)).Distinct().Order()];

    /// <summary>The vectors whose products are compared, <c>n x d_model</c>.</summary>
    private static Matrix Sample(AnalysisContext context, KeepKOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        switch (options.X)
        {
            case Vectors.Normal:
                return NormalNumbers.Matrix(context.Random, options.Samples, config.DModel);
            case Vectors.Values:
                return !model.HasWeight("blocks.0.mlp.W_out") ? throw new UsageException($"--x values: model '{config.Name}' has no MLPs, or one for each expert; use --x normal or hidden.") : Pick(
                    context, options, [.. Enumerable.Range(0, config.NLayers).Select(layer => model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix())]);
            default:
                var output = config.Traits.Contains(Trait.PostNorm) ? "hook_normalized_resid_post" : "hook_resid_post";
                string[] hooks = [.. Enumerable.Range(0, config.NLayers).Select(layer => $"blocks.{layer}.{output}")];
                return Pick(context, options, [.. PromptBatches.Run(context, model, context.RequirePrompts(), hooks, most: 1).SelectMany(batch => hooks.Select(hook => batch.Activations[hook][0].AsMatrix()))]);
        }
    }

    /// <summary>Random rows of several matrices, each at most once; all of them, in order, where there are no more.</summary>
    private static Matrix Pick(AnalysisContext context, KeepKOptions options, Matrix[] sources)
    {
        (Matrix Source, int Row)[] rows = [.. sources.SelectMany(source => Enumerable.Range(0, source.Rows).Select(row => (source, row)))];
        if (rows.Length > options.Samples)
        {
            context.Random.Shuffle(rows);
            rows = rows[..options.Samples];
        }

        var width = sources[0].Columns;
        var picked = new float[rows.Length * width];
        for (var at = 0; at < rows.Length; at++)
        {
            rows[at].Source.CopyRow(rows[at].Row, picked.AsSpan(at * width, width));
        }

        return new Matrix(picked, rows.Length, width);
    }

    /// <summary>A·Bᵀ in float64 (products of hidden states overflow float32), flattened.</summary>
    private static double[] Flat(AnalysisContext context, Matrix a, Matrix b) => context.Compute.Gram(a.Transpose(), b.Transpose()).Data;

    private static double Cosine(double[] a, double[] b)
    {
        var (dot, first, second) = (0.0, 0.0, 0.0);
        for (var at = 0; at < a.Length; at++)
        {
            dot += a[at] * b[at];
            first += a[at] * a[at];
            second += b[at] * b[at];
        }

        return first == 0 || second == 0 ? 0 : dot / (Math.Sqrt(first) * Math.Sqrt(second));
    }
}

/// <summary>How well products survive one k.</summary>
/// <param name="K">Entries kept of each projection.</param>
/// <param name="Transpose">Cosine with F = E.</param>
/// <param name="PseudoInverse">Cosine with F = (E⁺)ᵀ.</param>
public sealed record KeepKRow(int K, double Transpose, double PseudoInverse);

/// <summary>Options of <c>keep-k</c>.</summary>
public sealed record KeepKOptions
{
    /// <summary>Numbers of entries.</summary>
    [AtLeast(1)]
    [Help("Entries kept, separated by commas; more than the vocabulary counts as all of it.")]
    public int[] K { get; init; } = [10, 50, 100, 200, 300, 500, 512, 1024, 2048, 4096, 10000, 15000, 20000, 30000];

    /// <summary>Which vectors.</summary>
    [Help("Vectors: normal (random numbers, --seed), values (FFN values of all layers) or hidden (block outputs of the prompts).")]
    public Vectors X { get; init; }

    /// <summary>Number of vectors.</summary>
    [AtLeast(1)]
    [Help("Number of vectors (the paper: 300; the authors' later code: 1000).")]
    public int Samples { get; init; } = 300;

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix E. auto and output: W_U; input: W_E.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>The vectors whose products are compared.</summary>
public enum Vectors
{
    /// <summary>Independent standard normal numbers.</summary>
    Normal,

    /// <summary>FFN values.</summary>
    Values,

    /// <summary>Hidden states.</summary>
    Hidden,
}
