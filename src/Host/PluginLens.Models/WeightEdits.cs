using PluginLens.Models.Format.Coded;
using PluginLens.Models.Format.Files;
using PluginLens.Models.Format.Proto;

namespace PluginLens.Models;

/// <summary>What changes with a model's weights when an analysis gives others in their place.</summary>
internal static class WeightEdits
{
    /// <summary>The weight that stands in the place of another.</summary>
    /// <param name="config">For the message.</param>
    /// <param name="weight">The weight that is replaced.</param>
    /// <param name="given">Values of the same shape.</param>
    public static ModelWeight Replacement(ModelConfig config, ModelWeight weight, Tensor given) =>
        weight.Shape.SequenceEqual(given.Shape) ? PinnedWeight.Finite(weight.Name, given) : throw new ModelException(
            $"The replacement of '{weight.Name}' of model '{config.Name}' has shape [{string.Join(", ", given.Shape)}]; expected [{string.Join(", ", weight.Shape)}].");

    /// <summary>An unembedding that is the embedding transposed stays what it was when the embedding is replaced.</summary>
    /// <param name="weights">As stored.</param>
    /// <param name="replaced">Given weights by name; receives the unembedding.</param>
    public static void KeepTied(IReadOnlyDictionary<string, ModelWeight> weights, Dictionary<string, ModelWeight> replaced)
    {
        if (weights.GetValueOrDefault(TiedWeight.Unembedding) is TiedWeight tied && replaced.ContainsKey(TiedWeight.Embedding) && !replaced.ContainsKey(tied.Name))
        {
            replaced[tied.Name] = new PinnedWeight(tied.Name, tied.Read());
        }
    }

    /// <summary>The graph: a given weight is float32 whatever the folder holds; the Cast behind it then changes nothing.</summary>
    /// <param name="proto">As stored.</param>
    /// <param name="weights">As stored.</param>
    /// <param name="replaced">Names of the weights that are given.</param>
    public static ModelProto Graph(ModelProto proto, IReadOnlyDictionary<string, ModelWeight> weights, IReadOnlyCollection<string> replaced)
    {
        var computed = replaced.Select(name => weights[name]).Where(weight => weight is CodedWeight or TiedWeight).ToList();
        if (computed.Count == 0 && !proto.Graph.Initializer.Any(tensor => replaced.Contains(tensor.Name) && tensor.DataType != (int)ElementType.Float))
        {
            return proto;
        }

        var copy = proto.Clone();
        foreach (var tensor in copy.Graph.Initializer.Where(tensor => replaced.Contains(tensor.Name)))
        {
            tensor.DataType = (int)ElementType.Float;
        }

        // The tied one first: it is found by the name of the embedding.
        computed.OfType<TiedWeight>().ToList().ForEach(weight => GraphEdit.Untie(copy.Graph, weight));
        computed.OfType<CodedWeight>().ToList().ForEach(weight => GraphEdit.Plain(copy.Graph, weight));
        return copy;
    }

    /// <summary>The configuration: W_U does not follow W_E, so a model of which one was replaced is not tied any more.</summary>
    /// <param name="config">As stored.</param>
    /// <param name="replaced">Given weights by name.</param>
    public static ModelConfig Config(ModelConfig config, IReadOnlyDictionary<string, ModelWeight> replaced) =>
        !config.Traits.Contains(Trait.Tied) || !(replaced.ContainsKey(TiedWeight.Embedding) || replaced.ContainsKey(TiedWeight.Unembedding))
            ? config
            : config with { Tied = false, Traits = config.Traits.Where(trait => trait != Trait.Tied).Append(Trait.Untied).ToHashSet() };
}
