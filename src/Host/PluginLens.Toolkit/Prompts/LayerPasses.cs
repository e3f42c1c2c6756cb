namespace PluginLens.Toolkit;

/// <summary>
/// Activations of a prompt's layers, layer by layer, where attention patterns are among them: these grow with the square of the length, so a long prompt goes through the
/// model in several passes, each of as many layers as may be held, and each from the state that the one before ended with: no layer is computed twice.
/// </summary>
public static class LayerPasses
{
    /// <summary>Numbers of patterns that are held at a time: an eighth of a gigabyte, of which a pass makes several.</summary>
    private const long Held = 1 << 25;

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
    /// <param name="perPass">Layers of a pass; null = as many as may be held.</param>
    public static IEnumerable<(int Layer, Activations Run)> Of(AnalysisContext context, Prompt prompt, IReadOnlyList<int> layers, Func<int, IEnumerable<string>>? hooks = null, int? perPass = null)
    {
        var (model, passes) = (context.Model, layers.Chunk(perPass ?? PerPass(context.Model.Config, prompt.Tokens.Length)).ToList());
        Activations? before = null;
        foreach (var (at, some) in passes.Index())
        {
            IEnumerable<string> wanted = some.SelectMany(layer => (hooks?.Invoke(layer) ?? []).Append(Pattern(layer)));
            string[] asked = [.. (at + 1 < passes.Count ? wanted.Append(State(passes[at + 1][0])) : wanted).Distinct()];
            var run = before is null
                ? PromptBatches.Run(context, model, [prompt], asked).Single().Activations
                : model.Run(new ModelInput(prompt.Tokens) { Replace = new Dictionary<string, Tensor> { [State(some[0])] = before[State(some[0])] } }, asked);
            before = run;
            foreach (var layer in some)
            {
                yield return (layer, run);
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
            Costs.Forward(config, length, layers[^1] + 1, logits: false),
            new Cost(0, 2.0 * sizeof(float) * Math.Min(perPass, layers.Count) * config.NHeads * length * length));
    }

    private static string State(int layer) => $"blocks.{layer}.hook_resid_pre";
}
