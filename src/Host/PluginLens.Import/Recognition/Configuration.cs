using System.Text.Json.Nodes;
using PluginLens.Import.Source;
using PluginLens.Models.Format;
using PluginLens.Models.Format.Canonical;

namespace PluginLens.Import.Recognition;

/// <summary>Writes down what was recognised as the metadata of a model folder.</summary>
/// <param name="transformer">What was recognised.</param>
/// <param name="config">config.json beside the source.</param>
internal sealed class Configuration(Transformer transformer, SourceConfig config)
{
    // What transformers' models of this kind default to; a rotary graph has no longest length of its own.
    private const int UnknownLength = 2048;
    private readonly List<string> _notes = [];
    private readonly Reading _reading = transformer.Reading;

    /// <summary>Configuration, weights and notes.</summary>
    public RecognisedModel Recognised()
    {
        var (first, embedding) = (transformer.Blocks[0], transformer.Embedding);
        var attention = first.Attention;
        var shape = _reading.Run.Shape(embedding.Tokens);
        var length = Length();
        var facts = new JsonObject
        {
            ["architecture"] = Architecture(),
            ["d_model"] = (int)shape[1],
            ["n_heads"] = One(a => a.Q.Heads, "query heads"),
            ["n_layers"] = transformer.Blocks.Count,
            ["d_vocab"] = (int)shape[0],
            ["attention_dir"] = One(a => a.IsCausal, "causal mask") ? "causal" : "bidirectional",
            ["norm"] = NormName(),
            ["norm_placement"] = Placement(),
            ["positions"] = embedding.Positions is not null ? "learned" : attention.Rotary is not null ? "rotary" : "none",
            ["final_norm"] = first.IsPost || transformer.Head.Final is not null,
            ["d_head"] = One(a => a.Q.Width, "d_head"),
            ["attn_scale"] = MetadataJson.Number(Scale()),
            ["n_ctx"] = length,
            ["eps"] = MetadataJson.Unrounded(Epsilon()),
        };
        if (One(a => a.K.Heads, "key-value heads") is var keyHeads && keyHeads != attention.Q.Heads)
        {
            facts["n_key_value_heads"] = keyHeads;
        }

        Mlp(facts);
        if (attention.Rotary is { } rotary)
        {
            Rotary(facts, rotary);
        }

        // A window wider than any run shows in no number of it; Mistral's configuration states it.
        var stated = config.ModelType == "mistral" && transformer.Blocks.All(b => b.Attention.Window is null) ? config.Count("sliding_window") : null;
        int?[] windows = [.. transformer.Blocks.Select(b => b.Attention.Window ?? stated).Select(window => window < length ? window : null)];
        if (windows.Any(window => window is not null))
        {
            facts["window_size"] = new JsonArray([.. windows.Select(window => (JsonNode?)window)]);
        }

        if (embedding is { CountsTokens: true } or { PositionOffset: > 0 })
        {
            facts["pos_offset"] = embedding.PositionOffset;
        }

        var weights = new CanonicalWeights(transformer, length).All();
        if (transformer.Head.Unembedding is { } map)
        {
            if (map.Out != shape[0])
            {
                throw new ModelException($"The head has {map.Out} outputs, the embedding {shape[0]} tokens: not a language model's logits; export the model with its LM head.");
            }

            facts["tied"] = IsTied(weights);
            if (facts["tied"]!.GetValue<bool>())
            {
                // Stored once: the graph reads out by the embedding's rows.
                weights = [.. weights.Where(weight => weight.Name != "unembed.W_U")];
            }
        }

        return new RecognisedModel(facts, weights, _notes);
    }

    private void Mlp(JsonObject facts)
    {
        if (transformer.Blocks[0].Mlp is not { } mlp)
        {
            facts["attn_only"] = true;
            return;
        }

        if (Same(b => b.Mlp!.Gate is not null, "gated MLP"))
        {
            facts["gated_mlp"] = true;
        }

        facts["d_mlp"] = Same(b => b.Mlp!.In.Count, "d_mlp");
        facts["act_fn"] = Known(Same(b => b.Mlp!.Activation, "activation function"));
        if (Same(b => b.IsParallel, "parallel attention and MLP"))
        {
            facts["parallel_attn_mlp"] = true;
            if (Same(b => b.Norm2 is null, "norm of its own before the MLP"))
            {
                facts["shared_norm"] = true;
            }
        }

        if (transformer.Head.TransformActivation is { } activation)
        {
            facts["mlm_act"] = Known(activation);
        }
    }

    private void Rotary(JsonObject facts, RotaryMatch rotary)
    {
        if (transformer.Blocks.Any(b => b.Attention.Rotary is not { } r || r.Dim != rotary.Dim || r.Adjacent != rotary.Adjacent || !r.InvFreq.AsSpan().SequenceEqual(rotary.InvFreq)))
        {
            throw new ModelException("Layers differ in their rotary positions; that is not imported.");
        }

        facts["inv_freq"] = new JsonArray([.. rotary.InvFreq.Select(frequency => MetadataJson.Number(frequency))]);
        facts["rotary_dim"] = rotary.Dim;
        facts["rope_attention_factor"] = MetadataJson.Number(rotary.Factor);
        if (rotary.Adjacent)
        {
            facts["rotary_adjacent"] = true;
        }
    }

    private string Architecture()
    {
        var block = transformer.Blocks[0];
        if (config.ModelType is { } stated)
        {
            return stated;
        }

        return (block.IsPost, block.Attention.Rotary is not null, transformer.Norms.First().IsRms) switch
        {
            (true, _, _) when block.Attention.IsCausal => "openai-gpt",
            (true, _, _) => transformer.Embedding.CountsTokens ? "roberta" : "bert",
            (_, true, true) => "llama",
            (_, true, false) => "gpt_neox",
            _ => transformer.Embedding.PositionOffset > 0 ? "opt" : block.Attention.Scale == 1 ? "gpt_neo" : "gpt2",
        };
    }

    private int Length()
    {
        var embedding = transformer.Embedding;
        if (embedding.Positions is { } table)
        {
            var shape = _reading.Run.Shape(table);
            return (int)shape[^2] - embedding.PositionOffset;
        }

        if (config.Count("max_position_embeddings", "n_positions", "n_ctx") is { } stated)
        {
            return stated;
        }

        // Causal masks kept as a square of truth values are as long as the context.
        var mask = _reading.Model.Constants.Values.Where(IsCausalMask).Select(c => (int)c.Shape[^1]).DefaultIfEmpty(0).Max();
        if (mask > 0)
        {
            return mask;
        }

        // So are tables of cosines: [.., n_ctx, rotary_dim], beginning with a row of ones.
        var dim = transformer.Blocks[0].Attention.Rotary?.Dim;
        var cosines = _reading.Model.Constants
            .Where(c => ElementTypes.IsFloat(c.Value.Type) && c.Value.Shape is [.., > 1, var last] && (last == dim || 2 * last == dim))
            .Where(c => _reading.Run[c.Key].Values.AsSpan(0, (int)c.Value.Shape[^1]).IndexOfAnyExcept(1f) < 0)
            .Select(c => (int)c.Value.Shape[^2]).DefaultIfEmpty(0).Max();
        if (cosines > 0)
        {
            return cosines;
        }

        _notes.Add($"no config.json beside the model and no table of positions in it: n_ctx is taken to be {UnknownLength}");
        return UnknownLength;
    }

    private static bool IsCausalMask(SourceTensor constant) =>
        constant.Type is ElementTypes.Bool or ElementTypes.UInt8 && constant.Shape is [.., var rows, var columns] && rows == columns && rows > 1
        && constant.Numbers() is var seen && seen.All(v => v is 0 or 1) && seen.Take((int)columns).Sum() == 1;

    private string NormName()
    {
        var norms = transformer.Norms.ToArray();
        if (norms.Length == 0 || norms.Select(n => n.IsRms).Distinct().Count() > 1)
        {
            throw new ModelException(norms.Length == 0 ? "The graph has no norms; it is not imported." : "The graph mixes LayerNorm and RMSNorm; it is not imported.");
        }

        return (norms[0].IsRms ? "RMS" : "LN") + (norms.All(n => n.Gain is null) ? "Pre" : "");
    }

    /// <summary>Measured scales that are no known number differ from layer to layer by what their scores were rounded.</summary>
    private double Scale()
    {
        double[] scales = [.. transformer.Blocks.Select(b => b.Attention.Scale)];
        return scales.Distinct().Count() > 1 && scales.Max() - scales.Min() <= (_reading.Model.HasHalves ? 1e-4 : 1e-6) * scales.Max() ? scales.Average() : One(a => a.Scale, "attention scale");
    }

    private string Placement() => Same(b => b.IsPost, "placement of norms") ? "post" : "pre";

    private float Epsilon()
    {
        var all = transformer.Norms.Select(n => n.Eps).Distinct().ToArray();
        return all is [var eps] ? eps
            : throw new ModelException($"The norms differ in what they add to the variance ({string.Join(", ", all)}); one number is expected.");
    }

    private static bool IsTied(IReadOnlyList<CanonicalWeight> weights)
    {
        var (embedding, unembedding) = (weights.First(w => w.Name == "embed.W_E"), weights.First(w => w.Name == "unembed.W_U"));
        var (e, u) = (embedding.Read(), unembedding.Read());
        var (rows, columns) = ((int)embedding.Shape[0], (int)embedding.Shape[1]);
        for (var i = 0; i < e.Length; i++)
        {
            if (e[i] != u[(i % columns * rows) + (i / columns)])
            {
                return false;
            }
        }

        return true;
    }

    private static string Known(string activation) => activation is "gelu" or "gelu_new" or "relu" or "silu" ? activation
        : throw new ModelException($"The activation function is {activation}; the importer knows gelu, gelu_new, relu and silu.");

    private T One<T>(Func<AttentionMatch, T> value, string what) => Same(b => value(b.Attention), what);

    private T Same<T>(Func<BlockMatch, T> value, string what) => transformer.Blocks.Select(value).Distinct().ToArray() is [var one] ? one
        : throw new ModelException($"Layers differ in their {what} ({string.Join(", ", transformer.Blocks.Select(value))}); the importer reads models whose layers are alike.");
}
