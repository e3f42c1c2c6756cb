namespace PluginLens.Plugins.Stitching;

/// <summary>
/// Two models of one vocabulary: <c>S[l1, l2]</c> = mean |corr(x E1ᵀ, y E2ᵀ)| over all parameter vectors x of layer l1 and y of layer l2, the correlation taken over
/// tokens; then the assignment of layers with the largest sum. V x anything is never formed: three d x d kernels of the embeddings hold all that is needed.
/// <c>--space raw</c> correlates over the d coordinates instead (the baseline). Dar et al., "Analyzing Transformers in Embedding Space", section 5.1 and appendix B.3.
/// </summary>
[Analysis("align-layers", "Which layer of one model is which of another",
    Answers = "Mean absolute correlation of parameters over the shared vocabulary, and the assignment of layers that follows.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 5.1 and appendix B.3")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[ReadsModels(2)]
[Writes("groups", typeof(GroupAlignment))]
[Writes("assignment", typeof(AssignedLayer))]
[Writes("align-layers", typeof(LayerSimilarity))]
public sealed class AlignLayers : Analysis<AlignLayersOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AlignLayersOptions options)
    {
        var (first, second) = (context.Model, context.RequireSecondModel());
        var (one, two) = (new ParameterVectors(first, options.Key == GatedKey.In), new ParameterVectors(second, options.Key == GatedKey.In));
        var groups = Groups(one, two, options);
        var kernel = Kernel(context, options);
        var summary = context.Results.Table<GroupAlignment>("groups");
        var assignment = context.Results.Table<AssignedLayer>("assignment", groupBy: 1);
        var table = context.Results.Table<LayerSimilarity>("align-layers", groupBy: 2);
        for (var at = 0; at < groups.Count; at++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var (group, name) = (groups[at], ParameterVectors.Name(groups[at]));
            context.Progress.Report(new Progress(at, groups.Count, name));
            Matrix[] x = [.. Enumerable.Range(0, first.Config.NLayers).Select(layer => one.Rows(group, layer))];
            Matrix[] y = [.. Enumerable.Range(0, second.Config.NLayers).Select(layer => two.Rows(group, layer))];
            var similarity = kernel is null ? context.Compute.MeanAbsoluteCorrelations(x, y) : context.Compute.MeanAbsoluteCorrelations(kernel, x, y);
            var assigned = context.Compute.Assign(new Matrix64(Array.ConvertAll(similarity.Data, value => -value), similarity.Rows, similarity.Columns));
            for (var layer = 0; layer < similarity.Rows; layer++)
            {
                for (var other = 0; other < similarity.Columns; other++)
                {
                    table.Add(new LayerSimilarity(name, layer, other, similarity[layer, other], assigned[layer] == other));
                }

                assignment.Add(new AssignedLayer(name, layer, assigned[layer] < 0 ? null : assigned[layer], assigned[layer] < 0 ? null : similarity[layer, assigned[layer]], similarity.Row(layer).ToArray().Average()));
            }

            int[] matched = [.. Enumerable.Range(0, similarity.Rows).Where(layer => assigned[layer] >= 0)];
            summary.Add(new GroupAlignment(name, matched.Length, matched.Count(layer => assigned[layer] == layer), matched.Average(layer => similarity[layer, assigned[layer]]), similarity.Data.Average()));
            Draw(context, options, name, similarity, assigned);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AlignLayersOptions options)
    {
        var (first, second) = (context.Model, context.RequireSecondModel());
        RequireCommonWidth(first.Config, second.Config, options);
        double d1 = first.Config.DModel, d2 = second.Config.DModel, tokens = Math.Min(first.Config.DVocab, second.Config.DVocab);
        double layers = first.Config.NLayers, others = second.Config.NLayers;
        var kernels = (d1 * d1) + (d1 * d2) + (d2 * d2);
        var (one, two) = (new ParameterVectors(first), new ParameterVectors(second));
        Cost OfGroup(ParameterGroup group)
        {
            var (rows, columns) = (one.Count(group) * layers, two.Count(group) * others);
            var products = 2 * ((rows * columns * d2) + (rows * d1 * (d1 + d2)) + (columns * d2 * d2));
            return new Cost(products, (2 * sizeof(double) * ((rows * (d1 + d2)) + (columns * d2))) + (sizeof(double) * one.Count(group) * (double)two.Count(group)) + (2 * sizeof(double) * layers * others));
        }

        var groups = Groups(one, two, options);
        return Costs.Sum(
            Costs.Widened(first),
            Costs.Widened(second),
            options.Space == AlignmentSpace.Raw ? Costs.None : new Cost(2 * tokens * kernels, 2 * sizeof(double) * kernels),
            Costs.InTurn(groups.Select(OfGroup)),
            Costs.Rows<LayerSimilarity>(groups.Count * layers * others),
            Costs.Rows<AssignedLayer>(groups.Count * layers));
    }

    private static void RequireCommonWidth(ModelConfig a, ModelConfig b, AlignLayersOptions options)
    {
        if (options.Space == AlignmentSpace.Raw && a.DModel != b.DModel)
        {
            throw new UsageException($"--space raw compares coordinates: expected one width, found d_model {a.DModel} and {b.DModel}; use --space embedding.");
        }
    }

    /// <summary>The groups that were asked for and that both models have.</summary>
    private static List<ParameterGroup> Groups(ParameterVectors one, ParameterVectors two, AlignLayersOptions options)
    {
        List<ParameterGroup> groups = [.. one.Groups.Intersect(two.Groups).Where(group => options.Group is [] || options.Group.Contains(group))];
        return groups.Count > 0 ? groups : throw new UsageException("--group: the two models have none of these parameter groups in common.");
    }

    /// <summary>Kernels of the embeddings over the common ids; null in raw space.</summary>
    private static PearsonKernel? Kernel(AnalysisContext context, AlignLayersOptions options)
    {
        var (first, second) = (context.Model, context.SecondModel!);
        var (a, b) = (first.Config, second.Config);
        if (options.Space == AlignmentSpace.Raw)
        {
            RequireCommonWidth(a, b, options);
            context.Results.Note($"correlation over the {a.DModel} raw coordinates; weights {a.ProcessingName} and {b.ProcessingName}");
            return null;
        }

        var count = SharedVocabulary.Count(first, second, context.Results.Note);
        var output = options.Embedding == EmbeddingChoice.Output;
        context.Results.Note($"correlation over tokens, {(output ? "W_U" : "W_E")} of each model; weights {a.ProcessingName} and {b.ProcessingName}");
        Matrix Rows(Model model) => (output ? new VocabularySides(model, options.Embedding).Writing : model.WE).Slice(0, count);
        return context.Compute.PearsonKernel(Rows(first), Rows(second));
    }

    private static void Draw(AnalysisContext context, AlignLayersOptions options, string group, Matrix64 similarity, int[] assigned)
    {
        string[] across = [.. Enumerable.Range(0, similarity.Columns).Select(layer => $"{layer}")], down = [.. Enumerable.Range(0, similarity.Rows).Select(layer => $"{layer}")];
        var (xTitle, yTitle, file) = ($"layer of {context.SecondModel!.Config.Name}", $"layer of {context.Model.Config.Name}", group.ToLowerInvariant().Replace('_', '-'));
        Heatmap Map(string title, Func<int, int, double> value) => new(
            title, xTitle, yTitle, across, down,
            [.. down.Select((_, row) => across.Select((_, column) => (double?)value(row, column)).ToArray())]);
        context.Results.Figure($"similarity-{file}", Map($"Mean absolute correlation of {group}, {(options.Space == AlignmentSpace.Raw ? "raw" : "embedding")} space", (row, column) => similarity[row, column]));
        context.Results.Figure($"assignment-{file}", Map($"Assigned layers by {group}", (row, column) => assigned[row] == column ? 1 : 0));
    }
}

/// <summary>How one parameter group aligns.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Assigned">Layers of the first model that got a layer of the second.</param>
/// <param name="OnDiagonal">Those that got the layer of their own number.</param>
/// <param name="AssignedMean">Mean similarity of assigned pairs.</param>
/// <param name="OverallMean">Mean similarity of all pairs of layers.</param>
public sealed record GroupAlignment(string Group, int Assigned, int OnDiagonal, double AssignedMean, double OverallMean);

/// <summary>What one layer was assigned to.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer of the first model.</param>
/// <param name="OtherLayer">Layer of the second model; empty where the second has fewer.</param>
/// <param name="Similarity">Mean absolute correlation of the two.</param>
/// <param name="RowMean">Mean over all layers of the second model.</param>
public sealed record AssignedLayer(string Group, int Layer, int? OtherLayer, double? Similarity, double RowMean);

/// <summary>One entry of S.</summary>
/// <param name="Group">Parameter group.</param>
/// <param name="Layer">Layer of the first model.</param>
/// <param name="OtherLayer">Layer of the second model.</param>
/// <param name="Similarity">Mean absolute correlation of their vectors, 0 to 1.</param>
/// <param name="Assigned">Whether the assignment pairs them.</param>
public sealed record LayerSimilarity(string Group, int Layer, int OtherLayer, double Similarity, bool Assigned);

/// <summary>Options of <c>align-layers</c>.</summary>
public sealed record AlignLayersOptions
{
    /// <summary>Where vectors are compared.</summary>
    [Help("embedding: correlate the vectors' products with all tokens; raw: correlate their coordinates (equal widths only).")]
    public AlignmentSpace Space { get; init; }

    /// <summary>Parameter groups.</summary>
    [Help("Parameter groups, separated by commas; none = all that both models have.")]
    public ParameterGroup[] Group { get; init; } = [];

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix of both models. auto and input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>Where parameter vectors are compared.</summary>
public enum AlignmentSpace
{
    /// <summary>Over the vocabulary.</summary>
    Embedding,

    /// <summary>Over the coordinates of the residual stream.</summary>
    Raw,
}
