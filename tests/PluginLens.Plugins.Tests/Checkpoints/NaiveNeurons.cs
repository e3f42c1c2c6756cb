namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Words and activations of neurons in float64 by their formulas: normed vocabularies are formed.</summary>
internal static class NaiveNeurons
{
    /// <summary>Similarity of a neuron's input weights with every token under the norm before its MLP.</summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">Layer.</param>
    /// <param name="neuron">Neuron.</param>
    /// <param name="key">Gated MLPs: whose columns.</param>
    /// <param name="score">Cosine or dot product.</param>
    /// <param name="raw">Whether tokens stay as they are.</param>
    public static double[] InputScores(Model model, int layer, int neuron, GatedKey key, Similarity score, bool raw)
    {
        var weights = new NaiveWeights(model);
        var norm = raw ? null : NormBefore(model, layer);
        var tokens = Array.ConvertAll(weights.Rows("embed.W_E"), row => norm is null ? row : NaivePatterns.Normed(model, norm, row));
        return NaivePatterns.Scores(weights.Vectors(key == GatedKey.In ? "K_in" : "K", layer)[neuron], tokens, score == Similarity.Cosine);
    }

    /// <summary>A neuron's output weights, <c>[d_model]</c>.</summary>
    public static double[] Output(Model model, int layer, int neuron) => new NaiveWeights(model).Vectors("V", layer)[neuron];

    /// <summary>What a neuron writes, read in one of the ways.</summary>
    public static double[] OutputScores(Model model, int layer, int neuron, MessageReading reading) => NaivePatterns.MessageScores(model, Output(model, layer, neuron), reading);

    /// <summary>Activations of a text in a layer, <c>[pos][d_mlp]</c>.</summary>
    public static double[][] Activations(Model model, int[] text, int layer)
    {
        var hook = $"blocks.{layer}.mlp.hook_post";
        var post = model.Run(new ModelInput(text), [hook])[hook];
        return [.. Enumerable.Range(0, text.Length).Select(position => NaiveStates.At(post, position))];
    }

    private static string? NormBefore(Model model, int layer) => model.Config.NormPlacement switch
    {
        "after" => null,
        "post" => $"blocks.{layer}.ln1",
        _ => $"blocks.{layer}.{(model.Config.ParallelAttnMlp && !model.HasWeight($"blocks.{layer}.ln2.w") ? "ln1" : "ln2")}",
    };
}
