using System.Globalization;

namespace PluginLens;

/// <summary>One line of <c>export-scripts/graph/weights.table</c>: a weight that a model may have.</summary>
/// <param name="Name">Its name, with <c>{l}</c> and <c>{e}</c> for layers and experts.</param>
/// <param name="Extents">Keys of the metadata, <c>a*b</c>, <c>a|b</c>, or <c>*</c> for any number.</param>
/// <param name="Condition">When a model must have it; empty = it may.</param>
internal sealed record KnownWeight(string Name, IReadOnlyList<string> Extents, string Condition)
{
    /// <summary>Whether a model of this configuration computes with it.</summary>
    /// <param name="config">The configuration.</param>
    public bool IsNeeded(ModelConfig config) => Condition.Length > 0 && Condition.Split(" and ").All(term => Holds(config, term));

    /// <summary>Whether a model of this configuration may have it: every extent is one that the metadata have.</summary>
    /// <param name="config">The configuration.</param>
    public bool IsPossible(ModelConfig config)
    {
        foreach (var extent in Extents)
        {
            if (extent != "*" && Size(config, extent.Split('|')[0]) <= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The shape, where the configuration fixes it: extents with one value.</summary>
    /// <param name="config">The configuration.</param>
    public int[] Shape(ModelConfig config) => [.. Extents.Select(extent => (int)Size(config, extent))];

    /// <summary>Whether a shape is one that the configuration allows.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="shape">The extents found.</param>
    public bool Fits(ModelConfig config, ReadOnlySpan<int> shape)
    {
        if (shape.Length != Extents.Count)
        {
            return false;
        }

        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (Extents[axis] != "*" && !IsOneOf(config, Extents[axis], shape[axis]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The shape in words: <c>512, 32</c>, <c>8 or 32</c>, <c>any</c>.</summary>
    /// <param name="config">The configuration.</param>
    public string Text(ModelConfig config) => string.Join(", ", Extents.Select(
        extent => extent == "*" ? "any" : string.Join(" or ", extent.Split('|').Select(product => Size(config, product)).Distinct())));

    private static bool IsOneOf(ModelConfig config, string extent, int found)
    {
        foreach (var product in extent.Split('|'))
        {
            if (Size(config, product) == found)
            {
                return true;
            }
        }

        return false;
    }

    private static long Size(ModelConfig config, string product)
    {
        var size = 1L;
        foreach (var key in product.Split('*'))
        {
            size *= key switch
            {
                "d_model" => config.DModel,
                "n_heads" => config.NHeads,
                "n_key_value_heads" => config.KeyValueHeads,
                "d_head" => config.DHead,
                "d_mlp" => config.DMlp,
                "d_vocab" => config.DVocab,
                "n_ctx" => config.NCtx,
                _ => Count(config, key),
            };
        }

        return size;
    }

    /// <summary>A whole number that only the metadata hold; 0 where they do not.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="key">E.g. <c>n_experts</c>.</param>
    internal static int Count(ModelConfig config, string key) =>
        config.Metadata.TryGetValue(key, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    private static bool Holds(ModelConfig config, string term)
    {
        if (term.StartsWith("not ", StringComparison.Ordinal))
        {
            return !Holds(config, term[4..]);
        }

        return term switch
        {
            "always" => true,
            "attn_only" => config.AttnOnly,
            "gated_mlp" => config.GatedMlp,
            "n_experts" => Count(config, term) > 0,
            _ when term.StartsWith("positions=", StringComparison.Ordinal) => term[10..].Split('|').Contains(config.Positions),
            _ => throw new InvalidOperationException($"weights.table asks for '{term}', a condition that this program does not know."),
        };
    }
}
