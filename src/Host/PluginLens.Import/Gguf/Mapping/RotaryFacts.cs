using System.Text.Json.Nodes;
using PluginLens.Models.Format;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>The angles of rotary positions, computed in float32 as the published models do.</summary>
/// <param name="kind">The architecture.</param>
/// <param name="keys">The model's keys.</param>
/// <param name="shelf">Its tensors; divisors of the angles are taken.</param>
/// <param name="sizes">Its sizes.</param>
internal sealed class RotaryFacts(Architecture kind, ModelKeys keys, TensorShelf shelf, ModelSizes sizes)
{
    private const double UsualBase = 10000;
    private const string Short = "rope_factors_short.weight";
    private const string Long = "rope_factors_long.weight";
    private const string Divisors = "rope_freqs.weight";

    /// <summary>Writes them down.</summary>
    /// <param name="facts">Receives the metadata.</param>
    /// <param name="assumed">Receives what the file does not say.</param>
    public void Add(JsonObject facts, List<string> assumed)
    {
        var dim = keys.CountOrNull("rope.dimension_count") ?? sizes.Head;
        if (dim < 2 || dim % 2 != 0 || dim > sizes.Head)
        {
            throw new ModelException($"'{keys.File}' says {keys.Name("rope.dimension_count")} {dim}; expected an even number up to the head size, {sizes.Head}.");
        }

        var (scale, original) = (Scaling(), keys.CountOrNull("rope.scaling.original_context_length"));
        var angles = Frequencies(dim, Base("rope.freq_base", assumed));
        facts["inv_freq"] = List(Divided(angles, shelf.Has(Divisors) ? Divisors : null).Select(a => a / scale));
        facts["rotary_dim"] = dim;
        facts["rope_attention_factor"] = MetadataJson.Number(1);
        if (kind.AdjacentPairs)
        {
            facts["rotary_adjacent"] = true;
        }

        if (shelf.Has(Long) || shelf.Has(Short))
        {
            facts["inv_freq"] = List(Divided(angles, Short));
            facts["inv_freq_long"] = List(Divided(angles, Long));
            facts["rope_original_n_ctx"] = original ?? throw keys.Missing("rope.scaling.original_context_length");
            facts["rope_attention_factor"] = MetadataJson.Number(keys.Positive("rope.scaling.attn_factor") ?? 1);
        }
    }

    /// <summary>Where layers with a window turn by a base of their own, which is not scaled.</summary>
    /// <param name="facts">The metadata; inv_freq becomes the one of the layers without a window.</param>
    /// <param name="windows">The window of each layer, or null.</param>
    /// <param name="assumed">Receives what the file does not say.</param>
    public void AddLocal(JsonObject facts, int?[] windows, List<string> assumed)
    {
        var local = Frequencies(facts["rotary_dim"]!.GetValue<int>(), Base("rope.freq_base_swa", assumed));
        facts["inv_freq"] = new JsonObject { ["global"] = facts["inv_freq"]!.DeepClone(), ["local"] = List(local) };
        facts["rope_of_layer"] = new JsonArray([.. windows.Select(w => (JsonNode?)(w is null ? "global" : "local"))]);
    }

    private static JsonArray List(IEnumerable<float> numbers) => new([.. numbers.Select(n => (JsonNode?)n)]);

    private double Base(string key, List<string> assumed)
    {
        if (keys.Positive(key) is { } stated)
        {
            return stated;
        }

        assumed.Add($"{keys.Name(key)} is {UsualBase}: the file does not say the rotary base");
        return UsualBase;
    }

    /// <summary>What all angles are divided by.</summary>
    private float Scaling()
    {
        var type = keys.Text("rope.scaling.type");
        var factor = keys.Positive("rope.scaling.factor") ?? keys.Positive("rope.scale_linear");
        return type switch
        {
            "none" or "longrope" => 1,
            "linear" or null => (float)(factor ?? 1),
            _ => throw new ModelException($"'{keys.File}' scales its positions by {Shown.Name(type)} ({keys.Name("rope.scaling.type")}); none, linear and longrope are read."),
        };
    }

    /// <summary>1 / base^(2i / dim), [dim / 2].</summary>
    private static float[] Frequencies(int dim, double theta) => [.. Enumerable.Range(0, dim / 2).Select(i => 1 / MathF.Pow((float)theta, 2f * i / dim))];

    private float[] Divided(float[] angles, string? tensor)
    {
        if (tensor is null)
        {
            return angles;
        }

        var divisors = shelf.Take(tensor, angles.Length).Read();
        return divisors.All(d => d > 0) ? [.. angles.Zip(divisors, (a, d) => a / d)]
            : throw new ModelException($"'{keys.File}': tensor '{tensor}' divides angles by {divisors.First(d => !(d > 0))}; expected numbers above 0. The file is damaged.");
    }
}
