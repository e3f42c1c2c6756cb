using System.Text.Json.Nodes;

namespace PluginLens.Import.Gguf.Mapping;

/// <summary>A language model in GGUF, in the names of the model folder. No weight is read yet.</summary>
/// <param name="Facts">The configuration, keys as in the metadata.</param>
/// <param name="Weights">The weights in canonical order.</param>
/// <param name="Notes">What the user should know.</param>
internal sealed record GgufModel(JsonObject Facts, IReadOnlyList<GgufWeight> Weights, IReadOnlyList<string> Notes)
{
    /// <summary>The weights that a folder stores: not the read-out where it is the embedding transposed.</summary>
    public IEnumerable<GgufWeight> StoredWeights
    {
        get
        {
            var isTied = Facts["tied"]?.GetValue<bool>() == true && Weights[0].Factor == 1;
            return Weights.Where(weight => !(isTied && weight.Name == "unembed.W_U"));
        }
    }

    /// <summary>Reads what a file says of its model.</summary>
    /// <param name="source">The file.</param>
    /// <exception cref="ModelException">It is not a model of a known kind, or damaged.</exception>
    public static GgufModel Of(GgufSource source)
    {
        var kind = Architectures.Of(source);
        var (keys, shelf) = (new ModelKeys(source, kind.Key), new TensorShelf(source));
        KeyCheck.RefuseVariants(kind, keys);
        var sizes = new ModelSizes(keys, kind, shelf);
        var weights = WeightList.Of(kind, shelf, sizes, ModelScales.Of(kind, keys));
        var facts = new ModelFacts(kind, keys, shelf, sizes).Of(weights);
        shelf.RefuseLeft();
        return new GgufModel(facts, weights, [.. sizes.Notes, .. Unread(source, keys)]);
    }

    private static IEnumerable<string> Unread(GgufSource source, ModelKeys keys)
    {
        // What a tool that wrote the file noted for itself.
        keys.Name("tensor_data_layout");
        keys.Name("pooling_type");
        if (keys.Unread.Select(Shown.Plain).ToArray() is { Length: > 0 } unread)
        {
            yield return $"keys that are not read: {string.Join(", ", unread)}";
        }

        foreach (var file in source.Files.Where(f => f.TailBytes > 0))
        {
            yield return $"'{Path.GetFileName(file.Path)}' has {file.TailBytes} bytes behind its last tensor, which belong to nothing and are not read";
        }
    }
}
