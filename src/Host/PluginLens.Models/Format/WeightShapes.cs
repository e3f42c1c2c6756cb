namespace PluginLens.Models.Format;

/// <summary>The shape that the configuration gives each weight name; names that are not listed are not weights.</summary>
internal static class WeightShapes
{
    /// <summary>The weights without which no model of this configuration computes.</summary>
    /// <param name="config">The configuration.</param>
    public static IEnumerable<string> Required(ModelConfig config)
    {
        yield return "embed.W_E";
        if (config.Positions is "learned" or "shortformer")
        {
            yield return "pos_embed.W_pos";
        }

        for (var layer = 0; layer < config.NLayers; layer++)
        {
            foreach (var name in new[] { "W_Q", "W_K", "W_V", "W_O" })
            {
                yield return $"blocks.{layer}.attn.{name}";
            }

            if (!config.AttnOnly && !config.Metadata.ContainsKey("n_experts"))
            {
                yield return $"blocks.{layer}.mlp.W_in";
                yield return $"blocks.{layer}.mlp.W_out";
                if (config.GatedMlp)
                {
                    yield return $"blocks.{layer}.mlp.W_gate";
                }
            }
        }
    }

    /// <summary>The expected shape of a weight, or null where the configuration does not fix it.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="name">Weight name.</param>
    public static int[]? Of(ModelConfig config, string name)
    {
        var (d, h, kv, dh, f, v) = (config.DModel, config.NHeads, config.KeyValueHeads, config.DHead, config.DMlp, config.DVocab);
        var local = name.StartsWith("blocks.", StringComparison.Ordinal) ? name[(name.IndexOf('.', 7) + 1)..] : name;
        return local switch
        {
            "embed.W_E" => [v, d],
            "pos_embed.W_pos" => [config.NCtx, d],
            "unembed.W_U" => [d, v],
            "unembed.b_U" => [v],
            "attn.W_Q" => [h, d, dh],
            "attn.W_K" or "attn.W_V" => [kv, d, dh],
            "attn.W_O" => [h, dh, d],
            "attn.b_Q" => [h, dh],
            "attn.b_K" or "attn.b_V" => [kv, dh],
            "mlp.W_in" or "mlp.W_gate" => [d, f],
            "mlp.W_out" => [f, d],
            "mlp.b_in" or "mlp.b_gate" => [f],
            "mlm_head.W" => [d, d],
            "attn.b_O" or "mlp.b_out" or "mlm_head.b" => [d],
            "ln_final.w" or "ln_final.b" or "ln1.w" or "ln1.b" or "ln2.w" or "ln2.b" or "embed.ln.w" or "embed.ln.b"
                or "mlm_head.ln.w" or "mlm_head.ln.b" or "ln1_post.w" or "ln1_post.b" or "ln2_post.w" or "ln2_post.b" => [d],
            _ => null,
        };
    }
}
