namespace PluginLens.Models.Verification;

/// <summary>The residual stream is the sum of what is written into it, with the norms where the architecture has them.</summary>
internal static class DecompositionChecks
{
    private const double Tolerance = 1e-5;

    /// <summary>Embeddings; heads of each block; blocks.</summary>
    /// <param name="model">The model.</param>
    /// <param name="sample">Activations.</param>
    public static IEnumerable<ModelCheck> Run(OnnxModel model, ForwardSample sample)
    {
        yield return ModelCheck.Within("embeddings = first residual stream", Embeddings(model, sample), Tolerance, "hook_embed, positions and segments where they are added, and the norm over them where there is one");
        yield return ModelCheck.Within("heads + b_O = attn_out", Worst(model, layer => Heads(model, sample, layer)), Tolerance, "hook_result over heads, then the norm after attention where there is one; worst block");
        yield return model.Config.NormPlacement == "post"
            ? ModelCheck.Within("each block's sums and norms", Worst(model, layer => PostNormBlock(model, sample, layer)), Tolerance, "LN2(LN1(resid_pre + attn_out) + mlp_out) = the block's output; worst block")
            : ModelCheck.Within("embeddings + attn_out + mlp_out = final stream", Sum(model, sample), Tolerance, $"over {model.Config.NLayers} blocks");
    }

    private static double Worst(OnnxModel model, Func<int, double> deviation) => Enumerable.Range(0, model.Config.NLayers).Max(deviation);

    private static double Embeddings(OnnxModel model, ForwardSample sample)
    {
        string[] parts = model.Config.Positions == "shortformer" ? ["hook_embed"] : ["hook_embed", "hook_pos_embed", "hook_token_type_embed"];
        var sum = SumOf(sample, parts.Where(model.Hooks.ContainsKey));
        if (model.HasWeight("embed.ln.w"))
        {
            Norm(model, "embed.ln", sum);
        }

        return Deviation.Of(sample.Whole["blocks.0.hook_resid_pre"].Span, sum);
    }

    private static double Heads(OnnxModel model, ForwardSample sample, int layer)
    {
        var block = $"blocks.{layer}";
        var result = sample.Whole[$"{block}.attn.hook_result"];
        var (heads, width) = (result.Shape[2], result.Shape[3]);
        var sum = new double[result.Data.Length / heads];
        for (var row = 0; row < result.Data.Length / width; row++)
        {
            Float64.Add(result.Span.Slice(row * width, width), sum.AsSpan(row / heads * width, width));
        }

        if (model.HasWeight($"{block}.attn.b_O"))
        {
            var bias = model.Weight($"{block}.attn.b_O");
            for (var at = 0; at < sum.Length; at += width)
            {
                Float64.Add(bias.Span, sum.AsSpan(at, width));
            }
        }

        if (model.HasWeight($"{block}.ln1_post.w"))
        {
            Norm(model, $"{block}.ln1_post", sum);
        }

        return Deviation.Of(sample.Whole[$"{block}.hook_attn_out"].Span, sum);
    }

    private static double Sum(OnnxModel model, ForwardSample sample)
    {
        var parts = Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => new[] { $"blocks.{layer}.hook_attn_out", $"blocks.{layer}.hook_mlp_out" });
        var sum = SumOf(sample, parts.Where(model.Hooks.ContainsKey).Prepend("blocks.0.hook_resid_pre"));
        return Deviation.Of(sample.Whole[$"blocks.{model.Config.NLayers - 1}.hook_resid_post"].Span, sum);
    }

    private static double PostNormBlock(OnnxModel model, ForwardSample sample, int layer)
    {
        var block = $"blocks.{layer}";
        var sum = SumOf(sample, [$"{block}.hook_resid_pre", $"{block}.hook_attn_out"]);
        Norm(model, $"{block}.ln1", sum);
        Float64.Add(sample.Whole[$"{block}.hook_mlp_out"].Span, sum);
        Norm(model, $"{block}.ln2", sum);
        return Deviation.Of(sample.Whole[$"{block}.hook_normalized_resid_post"].Span, sum);
    }

    private static double[] SumOf(ForwardSample sample, IEnumerable<string> hooks)
    {
        var sum = new double[sample.Whole["blocks.0.hook_resid_pre"].Data.Length];
        foreach (var hook in hooks)
        {
            Float64.Add(sample.Whole[hook].Span, sum);
        }

        return sum;
    }

    private static void Norm(OnnxModel model, string name, double[] rows)
    {
        for (var at = 0; at < rows.Length; at += model.Config.DModel)
        {
            Float64.Norm(model, name, rows.AsSpan(at, model.Config.DModel));
        }
    }
}
