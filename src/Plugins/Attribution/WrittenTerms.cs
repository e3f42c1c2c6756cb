namespace PluginLens.Plugins.Attribution;

/// <summary>What the heads, the bias and the MLP of a layer write into the residual stream, as vectors.</summary>
/// <param name="model">A model whose final state is the sum of what is written.</param>
/// <param name="compute">The compute service.</param>
/// <param name="heads">Query heads.</param>
/// <param name="headsOnly">Whether biases and MLPs are left out.</param>
internal sealed class WrittenTerms(Model model, Compute compute, IReadOnlyList<int> heads, bool headsOnly)
{
    private readonly HeadPatterns _heads = new(model, compute);

    /// <summary>What a forward pass has to give.</summary>
    /// <param name="layer">Layer.</param>
    public IEnumerable<string> Hooks(int layer) =>
        new[] { Z(layer), HasMlps ? Mlp(layer) : null, ModelNorm.AfterAttention(model, layer) is { } norm ? $"{norm.Name}.hook_scale" : null }.OfType<string>();

    /// <summary>Vectors of a position in a layer, at most.</summary>
    public int PerPosition => heads.Count + (headsOnly ? 0 : 2);

    private bool HasMlps => !headsOnly && !model.Config.AttnOnly;

    /// <summary>The vectors of some positions, head by head, then bias and MLP; <c>n x d_model</c>.</summary>
    /// <param name="layer">Layer.</param>
    /// <param name="run">The activations, batch of one.</param>
    /// <param name="positions">Positions.</param>
    public (List<WrittenTerm> Terms, Matrix Rows) Of(int layer, PluginLens.Activations run, IReadOnlyList<int> positions)
    {
        var terms = heads.SelectMany(head => positions.Select((_, at) => new WrittenTerm(layer, ContributionKind.Head, head, at))).ToList();
        var written = HeadPatterns.Stacked(heads, head => _heads.Messages(layer, head, ParameterVectors.Gather(_heads.OfHead(run[Z(layer)], 0, head), positions)));
        var (rows, width) = (written.Data.ToArray().ToList(), model.Config.DModel);
        if (!headsOnly && Bias(layer) is { } bias)
        {
            Add(ContributionKind.AttentionBias, _ => bias);
        }

        // A norm behind the heads is linear once its scale is that of the pass: each head has its share, the norm's own bias goes to the biases.
        if (ModelNorm.AfterAttention(model, layer) is { } norm)
        {
            var (values, scales) = (rows.ToArray(), run[$"{norm.Name}.hook_scale"][0].Data);
            foreach (var (at, term) in terms.Index())
            {
                var row = values.AsSpan(at * width, width);
                norm.ApplyLinear(row, scales.Span[positions[term.At]], row);
                for (var column = 0; column < width && term.Kind == ContributionKind.AttentionBias && !norm.Bias.IsEmpty; column++)
                {
                    row[column] += norm.Bias[column];
                }
            }

            rows = [.. values];
        }

        if (HasMlps)
        {
            Add(ContributionKind.Mlp, position => run[Mlp(layer)][0][position].Data.ToArray());
        }

        return (terms, new Matrix(rows.ToArray(), terms.Count, width));

        void Add(ContributionKind kind, Func<int, float[]> of)
        {
            terms.AddRange(positions.Select((_, at) => new WrittenTerm(layer, kind, null, at)));
            rows.AddRange(positions.SelectMany(of));
        }
    }

    private static string Z(int layer) => $"blocks.{layer}.attn.hook_z";

    private static string Mlp(int layer) => $"blocks.{layer}.hook_mlp_out";

    /// <summary>b_O before the norm behind the heads, zeros where only that norm has a bias; null where there is neither.</summary>
    private float[]? Bias(int layer) => model.HasWeight($"blocks.{layer}.attn.b_O") ? model.Weight($"blocks.{layer}.attn.b_O").Data.ToArray()
        : ModelNorm.AfterAttention(model, layer) is { Bias.IsEmpty: false } ? new float[model.Config.DModel] : null;
}

/// <summary>Which vector stands in a row.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Kind">Head, bias or MLP.</param>
/// <param name="Head">Query head; none for the others.</param>
/// <param name="At">Place of its position among those chosen.</param>
internal sealed record WrittenTerm(int Layer, ContributionKind Kind, int? Head, int At);
