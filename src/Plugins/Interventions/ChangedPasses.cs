using System.Globalization;

namespace PluginLens.Plugins.Interventions;

/// <summary>
/// Passes in which some activations have other values. What comes before the first change was computed once for each prompt: a pass starts at the state that enters a layer
/// not far before it, and each row of its batch is a prompt with changes of its own.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="prompts">The prompts.</param>
/// <param name="states">For each prompt what enters the layers at which passes start, by hook name, and whatever else was asked for.</param>
internal sealed class ChangedPasses(Model model, IReadOnlyList<Prompt> prompts, IReadOnlyList<Activations> states)
{
    /// <summary>Tokens in a pass: enough to pay for reading the weights, few enough to be held many times over.</summary>
    public const int MostTokens = 512;

    private readonly string _final = Final(model.Config);

    /// <summary>
    /// Where passes start that change something in a layer: one layer in about as many as their square root. To open a session takes longer than a pass of some layers, and each start has its own.
    /// </summary>
    /// <param name="config">The model's.</param>
    /// <param name="layer">The first layer that is changed; null = the tokens.</param>
    public static int? Start(ModelConfig config, int? layer) => layer - (layer % (int)Math.Ceiling(Math.Sqrt(config.NLayers)));

    /// <summary>What enters a layer.</summary>
    /// <param name="layer">Layer.</param>
    public static string Entry(int layer) => $"blocks.{layer}.hook_resid_pre";

    /// <summary>The last state of the residual stream: each row of the logits follows from one row of it.</summary>
    /// <param name="config">The model's.</param>
    public static string Final(ModelConfig config) => $"blocks.{config.NLayers - 1}.{(config.Traits.Contains(Trait.PostNorm) ? "hook_normalized_resid_post" : "hook_resid_post")}";

    /// <summary>The unchanged passes, one for each prompt.</summary>
    /// <param name="context">The run.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="layers">Layers at which changed passes will start.</param>
    /// <param name="others">Other hooks that are wanted.</param>
    public static ChangedPasses Begin(AnalysisContext context, IReadOnlyList<Prompt> prompts, IEnumerable<int> layers, IEnumerable<string> others)
    {
        string[] hooks = [.. layers.Distinct().Select(Entry).Concat(others).Distinct()];
        return new ChangedPasses(context.Model, prompts, hooks.Length == 0 ? [] : [.. PromptBatches.Run(context, context.Model, prompts, hooks, most: 1).Select(batch => batch.Activations)]);
    }

    /// <summary>An activation of the unchanged pass, without the batch.</summary>
    /// <param name="prompt">Which prompt.</param>
    /// <param name="hook">A hook that was asked for.</param>
    public Tensor Unchanged(int prompt, string hook) => states[prompt][hook][0];

    /// <summary>How many numbers a hook has for one prompt: before its positions, positions, and behind them.</summary>
    /// <param name="hook">The hook.</param>
    /// <param name="length">Tokens of the prompt.</param>
    public (int Outer, int Length, int Inner) Extents(string hook, int length)
    {
        var dimensions = model.Hooks[hook];
        var at = dimensions.Index().First(dimension => dimension.Item == "pos").Index;
        int Size(IEnumerable<string> some) => some.Aggregate(1, (size, extent) => size * (extent is "pos" or "key_pos" ? length : int.Parse(extent, CultureInfo.InvariantCulture)));
        return (Size(dimensions.Take(at).Skip(1)), length, Size(dimensions.Skip(at + 1)));
    }

    /// <summary>The last states of a batch.</summary>
    /// <param name="start">The layer where it starts; null = at the tokens.</param>
    /// <param name="hooks">Hooks that are changed in this pass and in others like it, which share its session.</param>
    /// <param name="rows">Prompts of equal length, each with its changes: numbers by hook, NaN where the computed one stays. None = the unchanged prompt.</param>
    /// <returns><c>rows x pos x d_model</c>.</returns>
    public Tensor Run(int? start, IReadOnlyList<string> hooks, IReadOnlyList<(int Prompt, IReadOnlyDictionary<string, float[]> Change)> rows)
    {
        int[][] tokens = [.. rows.Select(row => prompts[row.Prompt].Tokens)];
        var replace = new Dictionary<string, Tensor>();
        if (start is { } first)
        {
            // A change of the very state that is fed goes into it.
            var entry = Entry(first);
            replace[entry] = Stacked(entry, tokens[0].Length, rows, row => Merged(states[row.Prompt][entry].Span, row.Change.GetValueOrDefault(entry)));
        }

        var overlay = hooks.Where(hook => !replace.ContainsKey(hook)).ToDictionary(hook => hook, hook => Stacked(hook, tokens[0].Length, rows, row => row.Change.GetValueOrDefault(hook)));
        return model.Run(new ModelInput(tokens, null) { Replace = replace, Overlay = overlay }, [_final])[_final];
    }

    private static float[] Merged(ReadOnlySpan<float> state, float[]? change)
    {
        var merged = state.ToArray();
        for (var at = 0; at < (change?.Length ?? 0); at++)
        {
            merged[at] = float.IsNaN(change![at]) ? merged[at] : change[at];
        }

        return merged;
    }

    private Tensor Stacked(
        string hook, int length, IReadOnlyList<(int Prompt, IReadOnlyDictionary<string, float[]> Change)> rows, Func<(int Prompt, IReadOnlyDictionary<string, float[]> Change), float[]?> of)
    {
        int[] shape = [rows.Count, .. model.Hooks[hook].Skip(1).Select(extent => extent is "pos" or "key_pos" ? length : int.Parse(extent, CultureInfo.InvariantCulture))];
        var size = shape.Skip(1).Aggregate(1, (product, extent) => product * extent);
        var data = new float[rows.Count * size];
        Array.Fill(data, float.NaN);
        for (var row = 0; row < rows.Count; row++)
        {
            of(rows[row])?.CopyTo(data, row * size);
        }

        return new Tensor(hook, data, shape);
    }
}
