namespace PluginLens.Toolkit;

/// <summary>
/// Sets of tokens that parameter vectors are compared by: for each vector the k tokens with the largest product, cached by model, group and layer. Lists that
/// are shown come from <see cref="SimilarWords"/>.
/// </summary>
/// <param name="context">The run: model, compute and cache.</param>
/// <param name="parameters">The parameter groups of the model.</param>
/// <param name="sides">The vocabulary that stands for each side.</param>
/// <param name="padding">Whether ids beyond the tokenizer take part.</param>
public sealed class VectorWords(AnalysisContext context, ParameterVectors parameters, VocabularySides sides, Padding padding = Padding.Drop)
{
    private readonly bool[]? _keep = new TokenFilter { Padding = padding }.Mask(context.Model);

    /// <summary>How many tokens take part in <see cref="Of"/>: no list is longer.</summary>
    public int Tokens => (int)Costs.Kept(context.Model, _keep);

    /// <summary>The signed (or absolute) top-k lists of all vectors of a group in a layer, over the whole vocabulary (padding as asked).</summary>
    /// <param name="group">Group.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Of(ParameterGroup group, int layer, int k, RowOrder order = RowOrder.Largest) =>
        context.Cache.GetOrCompute(
            context.Model,
            // Another toolkit may mean something else by the same key: its module version is part of it.
            $"{typeof(VectorWords).Module.ModuleVersionId} {parameters.Matrix(group)}.{layer}.{sides.Name(ParameterVectors.Writes(group))}.{k}.{order}{(_keep is null ? string.Empty : ".unpadded")}",
            parameters.Count(group),
            Math.Min(k, Tokens),
            () => context.Compute.TopRows(parameters.Rows(group, layer), sides.Of(ParameterVectors.Writes(group)), new RowQuery { K = k, Order = order, Keep = _keep }));

    /// <summary>Cost of <see cref="Of"/> for one group in one layer.</summary>
    /// <param name="group">Group.</param>
    /// <param name="k">Tokens per vector.</param>
    public Cost CostOf(ParameterGroup group, int k)
    {
        var (vectors, width) = (parameters.Count(group), (double)context.Model.Config.DModel);
        return Costs.Sum(Costs.TopRows(vectors, width, Tokens, k), new Cost(0, 2 * sizeof(float) * vectors * width));
    }
}
