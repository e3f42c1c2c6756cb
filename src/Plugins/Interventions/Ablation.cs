namespace PluginLens.Plugins.Interventions;

/// <summary>What is taken out at once.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">As the table names it.</param>
/// <param name="Index">Layer and head or neuron; null for a set, and for what is no head and no neuron.</param>
/// <param name="Layer">Layer; null for a set, and outside the blocks.</param>
/// <param name="Places">Where it lies.</param>
internal sealed record Ablation(AblatedKind Kind, string Name, int? Layer, int? Index, IReadOnlyList<Place> Places)
{
    /// <summary>Names of more parts than these are not listed.</summary>
    private const int MostNames = 8;

    /// <summary>The first layer that it touches: before it nothing changes. Null where that is the tokens.</summary>
    public int? First => Places.Any(place => place.Layer is null) ? null : Places.Min(place => place.Layer);

    /// <summary>What the options ask for: single parts in the order of the model or of the option, or all of them as one; behind them random ones of the same size.</summary>
    /// <param name="context">The model, and the seed.</param>
    /// <param name="options">What the user wants.</param>
    /// <exception cref="UsageException">The model has no such part.</exception>
    public static List<Ablation> Of(AnalysisContext context, AblateOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var grid = Grid(config, options).ToList();
        List<Ablation> named =
        [
            .. options.Heads.Select(head => Head(config, Within(config, "--heads", head, "head", config.NHeads))),
            .. options.Neurons.Select(neuron => Neuron(Within(config, "--neurons", neuron, "neuron", config.DMlp))),
            .. options.Hooks.Select(hook => Hook(model, hook)),
        ];
        var single = named.Count > 0 ? named : grid;
        if (single.SelectMany(one => one.Places).FirstOrDefault(place => !model.Hooks.ContainsKey(place.Hook)) is { } missing)
        {
            throw new UsageException($"Model '{config.Name}' has no '{missing.Hook}'; 'pluginlens inspect {config.Name}' lists what it has.");
        }

        return [.. options.Together ? [Set(AblatedKind.Set, single)] : single, .. Draws(context, options, single, named.Count > 0 ? grid : [])];
    }

    /// <summary>All heads, neurons or sublayers that the selections leave.</summary>
    private static IEnumerable<Ablation> Grid(ModelConfig config, AblateOptions options)
    {
        // Heads and neurons that are named are drawn against others of their kind.
        var unit = options.Heads.Count > 0 ? AblationUnit.Head : options.Neurons.Count > 0 ? AblationUnit.Neuron : options.Unit;
        if (config.AttnOnly && unit is AblationUnit.Neuron or AblationUnit.Mlp)
        {
            throw new UsageException($"Model '{config.Name}' has no MLPs; use --unit head or attention.");
        }

        return options.Layer.Of(config.NLayers, "layer").SelectMany(layer => unit switch
        {
            AblationUnit.Head => options.Head.Of(config.NHeads, "head").Select(head => Head(config, new LayerIndex(layer, head))),
            AblationUnit.Neuron => options.Neuron.Of(config.DMlp, "neuron").Select(neuron => Neuron(new LayerIndex(layer, neuron))),
            AblationUnit.Attention => [new Ablation(AblatedKind.Attention, $"L{layer} attention", layer, null, [Place.Attention(layer)])],
            _ => (IEnumerable<Ablation>)[new Ablation(AblatedKind.Mlp, $"L{layer} MLP", layer, null, [Place.Mlp(layer)])],
        });
    }

    private static Ablation Head(ModelConfig config, LayerIndex at) => new(AblatedKind.Head, $"L{at.Layer}H{at.Index}", at.Layer, at.Index, [Place.Head(config, at.Layer, at.Index)]);

    private static Ablation Neuron(LayerIndex at) => new(AblatedKind.Neuron, $"L{at.Layer}N{at.Index}", at.Layer, at.Index, [Place.Neuron(at.Layer, at.Index)]);

    private static Ablation Hook(Model model, string hook)
    {
        if (hook == "logits" || hook.StartsWith("ln_final.", StringComparison.Ordinal) || hook.StartsWith("mlm_head.", StringComparison.Ordinal))
        {
            throw new UsageException($"--hooks {hook}: it stands behind the last block; expected a hook of a block or of the embedding.");
        }

        if (!model.Hooks.TryGetValue(hook, out var dimensions))
        {
            throw new UsageException($"--hooks '{hook}': no such hook in model '{model.Config.Name}'; {Suggestion.Of(hook, model.Hooks.Keys) ?? $"'pluginlens inspect {model.Config.Name}' lists them."}");
        }

        if (!dimensions.Contains("pos"))
        {
            throw new UsageException($"--hooks {hook}: expected a hook with positions; its dimensions are {string.Join(", ", dimensions)}.");
        }

        int? layer = hook.Split('.') is ["blocks", var number, ..] && int.TryParse(number, out var read) ? read : null;
        return new(AblatedKind.Hook, hook, layer, null, [new Place(hook, layer)]);
    }

    private static Ablation Set(AblatedKind kind, List<Ablation> parts) =>
        new(kind, parts.Count <= MostNames ? string.Join('+', parts.Select(part => part.Name)) : $"{parts.Count} parts", null, null, [.. parts.SelectMany(part => part.Places).Distinct()]);

    /// <summary>Sets of as many parts, drawn from the grid without those asked about.</summary>
    private static IEnumerable<Ablation> Draws(AnalysisContext context, AblateOptions options, List<Ablation> single, List<Ablation> grid)
    {
        var kinds = single.Select(one => one.Kind).Distinct().ToList();
        var size = options.Together ? single.Count : 1;
        var pool = grid.Where(one => !single.Exists(asked => asked.Name == one.Name)).ToList();
        if (options.Draws > 0 && (kinds is not [AblatedKind.Head or AblatedKind.Neuron] || pool.Count < size))
        {
            throw new UsageException($"--draws {options.Draws}: expected --heads or --neurons, and at least {size} others of them to draw from; found {pool.Count}.");
        }

        // A source of its own, so that plan and run draw the same.
        var random = new Random(context.Seed);
        for (var draw = 0; draw < options.Draws; draw++)
        {
            Ablation[] drawn = [.. pool];
            random.Shuffle(drawn);
            yield return Set(AblatedKind.Random, [.. drawn.Take(size).OrderBy(one => one.Layer).ThenBy(one => one.Index)]);
        }
    }

    private static LayerIndex Within(ModelConfig config, string option, LayerIndex at, string what, int count) => at.Layer < config.NLayers && at.Index < count
        ? at
        : throw new UsageException($"{option} {at}: model '{config.Name}' has layers 0 to {config.NLayers - 1}{(count == 0 ? $" and no {what}s" : $", {what}s 0 to {count - 1}")}.");
}
