namespace PluginLens.Plugins;

/// <summary>The words of parameter vectors: for each vector the k tokens with the largest product, cached by model, group and layer.</summary>
internal sealed class VectorWords(AnalysisContext context, Parameters parameters, Embeddings embeddings, Padding padding = Padding.Drop)
{
    private readonly bool[]? _keep = new TokenFilter { Padding = padding }.Mask(context.Model);

    /// <summary>The signed (or absolute) top-k lists of all vectors of a group in a layer, over the whole vocabulary (padding as asked).</summary>
    /// <param name="group">Group.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Of(ParameterGroup group, int layer, int k, RowOrder order = RowOrder.Largest) =>
        context.Cache.GetOrCompute(
            context.Model,
            $"{parameters.Matrix(group)}.{layer}.{embeddings.Name(Parameters.Writes(group))}.{k}.{order}{(_keep is null ? string.Empty : ".unpadded")}",
            () => context.Compute.TopRows(parameters.Rows(group, layer), embeddings.Of(Parameters.Writes(group)), new RowQuery { K = k, Order = order, Keep = _keep }));

    /// <summary>The words of a few vectors, with filters; not cached.</summary>
    /// <param name="rows">Vectors, <c>n x d_model</c>.</param>
    /// <param name="writes">Whether they write to the residual stream.</param>
    /// <param name="k">Tokens per vector.</param>
    /// <param name="keep">Tokens that take part, <c>[V]</c>; null = all.</param>
    /// <param name="order">Which end.</param>
    public RowTopK Few(Matrix rows, bool writes, int k, bool[]? keep, RowOrder order = RowOrder.Largest) =>
        context.Compute.TopRows(rows, embeddings.Of(writes), new RowQuery { K = k, Keep = keep, Order = order });

    /// <summary>Copies chosen rows of a matrix together, <c>n x d_model</c>.</summary>
    /// <param name="rows">All vectors.</param>
    /// <param name="chosen">Which.</param>
    public static Matrix Gather(Matrix rows, IReadOnlyList<int> chosen)
    {
        var gathered = new float[chosen.Count * rows.Columns];
        for (var index = 0; index < chosen.Count; index++)
        {
            rows.CopyRow(chosen[index], gathered.AsSpan(index * rows.Columns, rows.Columns));
        }

        return new Matrix(gathered, chosen.Count, rows.Columns);
    }

    /// <summary>How many ids two lists share.</summary>
    /// <param name="first">Distinct ids.</param>
    /// <param name="second">Distinct ids.</param>
    public static int Overlap(ReadOnlySpan<int> first, ReadOnlySpan<int> second)
    {
        var set = new HashSet<int>(first.Length);
        foreach (var id in first)
        {
            set.Add(id);
        }

        var shared = 0;
        foreach (var id in second)
        {
            shared += set.Contains(id) ? 1 : 0;
        }

        return shared;
    }
}
