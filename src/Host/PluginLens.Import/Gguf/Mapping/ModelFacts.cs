using System.Text.Json.Nodes;
using PluginLens.Models.Format;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The configuration of a model, as the metadata of a model folder have it.</summary>
/// <param name="kind">The architecture.</param>
/// <param name="keys">The model's keys.</param>
/// <param name="shelf">Its tensors.</param>
/// <param name="sizes">Its sizes.</param>
internal sealed class ModelFacts(Architecture kind, ModelKeys keys, TensorShelf shelf, ModelSizes sizes)
{
    private const double UsualAlibi = 8;
    private readonly List<string> _assumed = [.. kind.Assumed];

    /// <summary>Writes the configuration down. Weights are taken before: sizes that no tensor has were refused then.</summary>
    /// <param name="weights">The model's weights.</param>
    public JsonObject Of(IReadOnlyList<GgufWeight> weights)
    {
        var names = weights.Select(w => w.Name).ToHashSet(StringComparer.Ordinal);
        var facts = new JsonObject
        {
            ["architecture"] = sizes.Experts is null ? kind.Name : kind.WithExperts,
            ["d_model"] = sizes.Width,
            ["n_heads"] = sizes.Heads,
            ["n_layers"] = sizes.Layers,
            ["d_vocab"] = sizes.Vocabulary,
            ["attention_dir"] = kind.Encoder ? "bidirectional" : "causal",
            ["norm"] = kind.LayerNorm ? "LN" : "RMS",
            ["norm_placement"] = kind.Norms.Placement,
            ["positions"] = kind.Positions,
            ["final_norm"] = true,
            ["d_head"] = sizes.Head,
            ["attn_scale"] = MetadataJson.Number(AttentionScale()),
            ["n_ctx"] = sizes.Context,
            ["eps"] = MetadataJson.Unrounded(Epsilon()),
            ["n_key_value_heads"] = sizes.KeyHeads,
            ["d_mlp"] = sizes.Mlp,
            ["act_fn"] = kind.Activation,
        };
        Blocks(facts, names);
        Positions(facts);
        SoftCap(facts, "attn_scores_soft_cap", "attn_logit_softcapping");
        SoftCap(facts, "output_logits_soft_cap", "final_logit_softcapping");
        if (!kind.Encoder)
        {
            facts["tied"] = IsTied(weights);
        }

        if (_assumed.Count > 0)
        {
            facts["assumed"] = new JsonArray([.. _assumed.Select(a => (JsonNode?)a)]);
        }

        return facts;
    }

    private void Blocks(JsonObject facts, HashSet<string> names)
    {
        if (sizes.Experts is { } experts)
        {
            facts["n_experts"] = experts;
            facts["experts_per_token"] = keys.Count("expert_used_count") is var used && used <= experts ? used
                : throw new ModelException($"'{keys.File}' says {keys.Name("expert_used_count")} {used} of {experts} experts; it is damaged.");
        }
        else if (kind.GatedMlp)
        {
            facts["gated_mlp"] = true;
        }

        var seconds = names.Count(n => n.EndsWith(".ln2.w", StringComparison.Ordinal));
        if (seconds != (kind.Norms.Ln2 is null || (IsParallel() && seconds == 0) ? 0 : sizes.Layers))
        {
            throw new ModelException($"'{keys.File}' has the second norm in {seconds} of {sizes.Layers} layers; it is damaged, or of a variant that is not read.");
        }

        if (IsParallel())
        {
            facts["parallel_attn_mlp"] = true;
            facts["shared_norm"] = seconds == 0;
        }
    }

    private bool IsParallel() => kind.Parallel ?? keys.Flag("use_parallel_residual") ?? throw keys.Missing("use_parallel_residual");

    private void Positions(JsonObject facts)
    {
        if (kind.Positions == "alibi")
        {
            facts["alibi_slopes"] = new JsonArray([.. AlibiSlopes().Select(MetadataJson.Number)]);
        }

        var windows = new Windows(kind, keys).Of(sizes.Layers, _assumed);
        if (windows.Any(w => w is not null))
        {
            facts["window_size"] = new JsonArray([.. windows.Select(w => (JsonNode?)w)]);
        }

        if (kind.Positions == "rotary")
        {
            var rotary = new RotaryFacts(kind, keys, shelf, sizes);
            rotary.Add(facts, _assumed);
            if (kind.LocalRotary)
            {
                rotary.AddLocal(facts, windows, _assumed);
            }
        }
    }

    private double AttentionScale()
    {
        if (keys.Positive("attention.scale") is { } stated)
        {
            return 1 / stated;
        }

        var isLarge = kind.LargeLayers > 0 && sizes.Layers == kind.LargeLayers;
        return Math.Sqrt(isLarge ? (double)sizes.Width / sizes.Heads : sizes.Head);
    }

    private float Epsilon()
    {
        var key = kind.LayerNorm ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon";
        var value = keys.Positive(key) ?? throw keys.Missing(key);
        return value < 1 ? (float)value : throw new ModelException($"'{keys.File}' says {keys.Name(key)} {value}; expected a small number.");
    }

    private void SoftCap(JsonObject facts, string ours, string theirs)
    {
        if (keys.Positive(theirs) is { } cap)
        {
            facts[ours] = MetadataJson.Number(cap);
        }
    }

    /// <summary>Powers of 2^(-8/n) for n heads, n a power of two; the rest are the odd powers of the next power of two's.</summary>
    private IEnumerable<double> AlibiSlopes()
    {
        var strongest = keys.Positive("attention.max_alibi_bias");
        if (strongest is null)
        {
            _assumed.Add($"{keys.Name("attention.max_alibi_bias")} is {UsualAlibi}: the file does not say it");
        }

        var (n, bias) = (1 << (int)Math.Log2(sizes.Heads), strongest ?? UsualAlibi);
        for (var i = 0; i < sizes.Heads; i++)
        {
            yield return i < n ? Math.Pow(2, -bias * (i + 1) / n) : Math.Pow(2, -bias / 2 * ((2 * (i - n)) + 1) / n);
        }
    }

    /// <summary>Whether embedding and read-out are one tensor; factors part them, but Gemma's, which is the root of a size, does not.</summary>
    private bool IsTied(IReadOnlyList<GgufWeight> weights)
    {
        var (embedding, unembedding) = (weights[0], weights.First(w => w.Name == "unembed.W_U"));
        return embedding.Tensor == unembedding.Tensor && unembedding.Factor == 1 && (kind.RootEmbedding || embedding.Factor == 1);
    }
}
