namespace PluginLens.Toolkit;

/// <summary>
/// Activations of a prompt's layers, layer by layer, where attention patterns are among them: these grow with the square of the length, so a long prompt goes through the
/// model more than once, with as many layers a pass as may be held.
/// </summary>
public static class LayerPasses
{
    /// <summary>Numbers of patterns that are held at a time: a quarter of a gigabyte.</summary>
    private const long Held = 1 << 26;

    /// <summary>How many layers a pass gives.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">Tokens of the longest prompt.</param>
    public static int PerPass(ModelConfig config, int length) => (int)Math.Max(1, Held / Math.Max(1, (long)config.NHeads * length * length));

    /// <summary>The hook of a layer's patterns, <c>[batch,h,pos,key_pos]</c>.</summary>
    /// <param name="layer">Layer.</param>
    public static string Pattern(int layer) => $"blocks.{layer}.attn.hook_pattern";

    /// <summary>Each layer with the activations of the pass that it is part of, batch of one.</summary>
    /// <param name="context">The run.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="layers">Layers, ascending.</param>
    /// <param name="hooks">What is needed of a layer beside its patterns; null = nothing.</param>
    public static IEnumerable<(int Layer, Activations Run)> Of(AnalysisContext context, Prompt prompt, IReadOnlyList<int> layers, Func<int, IEnumerable<string>>? hooks = null)
    {
        foreach (var some in layers.Chunk(PerPass(context.Model.Config, prompt.Tokens.Length)))
        {
            foreach (var batch in PromptBatches.Run(context, context.Model, [prompt], [.. some.SelectMany(layer => (hooks?.Invoke(layer) ?? []).Append(Pattern(layer)))]))
            {
                foreach (var layer in some)
                {
                    yield return (layer, batch.Activations);
                }
            }
        }
    }

    /// <summary>What the passes cost, patterns included.</summary>
    /// <param name="config">The model.</param>
    /// <param name="length">Tokens of the prompt.</param>
    /// <param name="layers">Layers, ascending.</param>
    public static Cost CostOf(ModelConfig config, int length, IReadOnlyList<int> layers)
    {
        var perPass = PerPass(config, length);
        return Costs.Sum(
            Costs.InTurn(layers.Chunk(perPass).Select(some => Costs.Forward(config, length, some[^1] + 1, logits: false))),
            new Cost(0, 2.0 * sizeof(float) * Math.Min(perPass, layers.Count) * config.NHeads * length * length));
    }
}
