namespace PluginLens.Plugins.Interventions;

/// <summary>
/// What predictions are without a part: other numbers (0, a mean, those of another prompt) stand in place of what a head, a neuron, attention or an MLP gives, and the rest of the model
/// runs on. The change of a logit or of the difference of two, of the loss of the token that follows, and <c>KL(p || p without it)</c>, each a mean over positions.
/// </summary>
[Analysis("ablate", "What is lost without a part",
    Answers = "How much the predictions change without a head, a neuron, attention or an MLP, one at a time or several together.",
    Source = "mean and resample ablation: Wang et al., Interpretability in the Wild; Chan et al., Causal Scrubbing")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "without an unembedding there are no predictions")]
[Writes("ablate", typeof(AblationEffect))]
[Writes("strongest", typeof(StrongestAblation))]
public sealed class Ablate : Analysis<AblateOptions>
{
    /// <summary>Parts whose rows appear together; more would wait for each other.</summary>
    private const int AtATime = 256;

    /// <summary>Bars in a chart, at most.</summary>
    private const int MostBars = 100;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, AblateOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (prompts, position) = Texts(context, options);
        var questions = prompts.Select((prompt, index) => Question.Of(model, index, prompt, position, options)).ToList();
        var ablations = Ablation.Of(context, options);
        Describe(context, options, prompts, position);
        string[] hooks = options.With == AblationValue.Zero ? [] : [.. ablations.SelectMany(ablation => ablation.Places).Select(place => place.Hook).Distinct()];
        var work = Work(config, prompts, ablations);
        var passes = ChangedPasses.Begin(context, prompts, work.Select(batch => batch.Start).OfType<int>(), hooks);
        var values = new AblationValues(context, options, prompts, passes, hooks);
        var table = context.Results.Table<AblationEffect>("ablate", groupBy: 1);
        var (unchanged, tallies) = (new Tally?[prompts.Count], ablations.ConvertAll(_ => new Tally()));
        var effects = new List<AblationEffect>();
        var batches = InOrder.Of(context, work.Count, at => Measure(model, passes, values, questions, ablations, work[at]), at => 2L * sizeof(float) * ChangedPasses.MostTokens * model.Config.DModel);
        foreach (var (at, measured) in batches.Index())
        {
            foreach (var (part, found) in work[at].Parts.Zip(measured))
            {
                unchanged[part.Prompt] ??= found[0];
                for (var row = 0; row < part.Ablations.Length; row++)
                {
                    tallies[part.Ablations[row]].Add(found[row + 1]);
                }
            }

            context.Progress.Report(new Progress(at + 1, work.Count, ablations[work[at].Parts[^1].Ablations[^1]].Name));
            foreach (var done in work[at].Done)
            {
                if (effects.Count == 0)
                {
                    var all = new Tally();
                    Array.ForEach(unchanged, one => all.Add(one!));
                    effects.Add(all.Effect(AblatedKind.Nothing, "nothing", null, null));
                    table.Add(effects[^1]);
                }

                var ablation = ablations[done];
                effects.Add(tallies[done].Effect(ablation.Kind, ablation.Name, ablation.Layer, ablation.Index));
                table.Add(effects[^1]);
            }
        }

        Rank(context, options, effects);
        Draw(context, effects);
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, AblateOptions options)
    {
        var config = context.Model.Config;
        var (prompts, position) = Texts(context, options);
        var ablations = Ablation.Of(context, options);
        double tokens = prompts.Sum(prompt => prompt.Tokens.Length), longest = prompts.Max(prompt => prompt.Tokens.Length);
        double positions = prompts.Select((prompt, index) => Predictions.Positions(context.Model, index, prompt, position).Count).Sum();
        double starts = ablations.Select(ablation => ChangedPasses.Start(config, ablation.First)).Distinct().Count(), most = Math.Max(ChangedPasses.MostTokens, 2 * longest);

        // The unchanged prompt beside each: at most as many rows again.
        return Costs.Sum(
            Costs.InTurn(prompts.Select(prompt => Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false))),
            new Cost(0, sizeof(float) * tokens * config.DModel * starts * (options.With == AblationValue.Zero ? 1 : 2 + (config.DMlp / (double)config.DModel))),
            new Cost(ablations.Sum(ablation => 2 * Costs.Forward(config, tokens, config.NLayers - (ChangedPasses.Start(config, ablation.First) ?? 0), logits: false).Flops), context.Compute.Threads * Costs.Forward(config, most, 1, logits: false).Bytes),
            new Cost(ablations.Count * 2 * positions * 2 * config.DModel * config.DVocab, context.Compute.Threads * 2 * 64 * sizeof(float) * (double)config.DVocab),
            Costs.Rows<AblationEffect>(ablations.Count + 1),
            Costs.Rows<StrongestAblation>(Math.Min(options.K, ablations.Count)));
    }

    /// <summary>The prompts, or random tokens said twice; of these the second half is read where nothing else is asked for.</summary>
    private static (IReadOnlyList<Prompt> Prompts, Selection? Position) Texts(AnalysisContext context, AblateOptions options)
    {
        if (options.Sequences == 0)
        {
            return (context.RequirePrompts(), options.Position);
        }

        if (context.Prompts.Count > 0)
        {
            throw new UsageException($"--sequences {options.Sequences} takes random tokens, and there are prompts; leave one of them out.");
        }

        var prompts = RepeatedTokens.Of(context, options.Sequences, options.Length, begin: !options.Bare);
        var all = prompts[0].Tokens.Length;
        return (prompts, options.Position ?? Selection.Parse($"{all - (all / 2)}-{all - 2}"));
    }

    private static void Describe(AnalysisContext context, AblateOptions options, IReadOnlyList<Prompt> prompts, Selection? position)
    {
        if (options.Sequences > 0)
        {
            context.Results.Note(RepeatedTokens.Describe(context, prompts));
        }

        context.Results.Note(NoteLine.Of(
            options.With switch
            {
                AblationValue.Zero => "0 in place of what is taken out",
                AblationValue.Mean => "its mean over the prompts and positions in place of what is taken out",
                AblationValue.PositionMean => "its mean over the prompts at each position in place of what is taken out",
                _ => $"another prompt's values in place of what is taken out, seed {context.Seed}",
            },
            options.At == Selection.All ? null : $"at positions {options.At} alone"));
        context.Results.Note(NoteLine.Of(
            $"means over {Counted.Of(prompts.Count, "prompt")}, positions {(position is null ? context.Model.Config.Traits.Contains(Trait.Bidirectional) ? "that are masked" : "-1" : position.Text)}",
            $"logit and probability of {(options.Token is { } token ? $"'{token}'" : options.Labels ? "the label" : "what the unchanged model predicts")}{(options.Against is { } against ? $", the logit minus that of '{against}'" : null)}",
            "loss and accuracy of the token that follows, where one does",
            "KL(unchanged || changed) in nats"));
    }

    /// <summary>The batches in order: prompts of equal length, each unchanged and with some parts taken out; and which parts are done after each batch.</summary>
    private static List<Batch> Work(ModelConfig config, IReadOnlyList<Prompt> prompts, List<Ablation> ablations)
    {
        // Parts that start at one layer share their passes; so do sets, which touch many.
        int? Group(Ablation ablation) => ablation.Places.Count > 1 ? -1 : ChangedPasses.Start(config, ablation.First);
        var work = new List<Batch>();
        for (var first = 0; first < ablations.Count;)
        {
            var group = Group(ablations[first]);
            int[] together = [.. Enumerable.Range(first, ablations.Count - first).Take(AtATime).TakeWhile(at => Group(ablations[at]) == group)];
            var like = ablations.Where(ablation => Group(ablation) == group).ToList();
            int? start = like.Exists(ablation => ablation.First is null) ? null : ChangedPasses.Start(config, like.Min(ablation => ablation.First));
            string[] hooks = [.. like.SelectMany(ablation => ablation.Places).Select(place => place.Hook).Distinct().Order(StringComparer.Ordinal)];
            var (parts, rows) = (new List<(int Prompt, int[])>(), 0);
            for (var prompt = 0; prompt < prompts.Count; prompt++)
            {
                var length = prompts[prompt].Tokens.Length;
                var most = Math.Max(2, ChangedPasses.MostTokens / length);
                for (var at = 0; at < together.Length;)
                {
                    if (parts.Count > 0 && (rows + 2 > most || prompts[parts[^1].Prompt].Tokens.Length != length))
                    {
                        work.Add(new Batch(start, hooks, parts, []));
                        (parts, rows) = ([], 0);
                    }

                    int[] some = together[at..Math.Min(together.Length, at + most - rows - 1)];
                    parts.Add((prompt, some));
                    (rows, at) = (rows + some.Length + 1, at + some.Length);
                }
            }

            work.Add(new Batch(start, hooks, parts, together));
            first += together.Length;
        }

        return work;
    }

    /// <summary>One batch: for each of its prompts the unchanged pass, then one for each part that is taken out.</summary>
    private static List<Tally[]> Measure(Model model, ChangedPasses passes, AblationValues values, List<Question> questions, List<Ablation> ablations, Batch batch)
    {
        var nothing = new Dictionary<string, float[]>();
        var states = passes.Run(batch.Start, batch.Hooks, [.. batch.Parts.SelectMany(part => part.Ablations.Select(at => (part.Prompt, values.Of(ablations[at], part.Prompt))).Prepend((part.Prompt, nothing)))]);
        var (predictions, first, found) = (new Predictions(model), 0, new List<Tally[]>());
        foreach (var (prompt, some) in batch.Parts)
        {
            var count = some.Length + 1;
            int[] shape = [count, .. states.Shape.Skip(1)];
            var size = shape[1] * shape[2];
            found.Add(questions[prompt].Read(predictions, new Tensor("states", states.Data.Slice(first * size, count * size), shape)));
            first += count;
        }

        return found;
    }

    private static double Strength(AblationEffect effect, AblationMeasure by) => by switch
    {
        AblationMeasure.Loss => Math.Abs(effect.LossChange ?? 0),
        AblationMeasure.Kl => effect.Kl,
        _ => Math.Abs(effect.LogitChange),
    };

    private static void Rank(AnalysisContext context, AblateOptions options, List<AblationEffect> effects)
    {
        var table = context.Results.Table<StrongestAblation>("strongest");
        var ranked = effects.Where(effect => effect.Kind != AblatedKind.Nothing).OrderByDescending(effect => Strength(effect, options.By)).Take(options.K);
        foreach (var (rank, effect) in ranked.Index())
        {
            table.Add(new StrongestAblation(rank + 1, effect.Ablated, effect.LogitChange, effect.LossChange, effect.Kl));
        }
    }

    private static void Draw(AnalysisContext context, List<AblationEffect> effects)
    {
        var (config, rows) = (context.Model.Config, effects.Skip(1).ToList());
        foreach (var (name, what, of) in new (string, string, Func<AblationEffect, double?>)[] { ("logit", "Change of the logit", row => row.LogitChange), ("loss", "Change of the loss", row => row.LossChange), ("kl", "KL divergence", row => row.Kl) })
        {
            if (rows.TrueForAll(row => of(row) is null))
            {
                continue;
            }

            if (rows.TrueForAll(row => row.Kind == AblatedKind.Head) && rows.Count > 1)
            {
                int[] layers = [.. rows.Select(row => row.Layer!.Value).Distinct()];
                var cells = rows.ToLookup(row => (row.Layer, row.Index), of);
                context.Results.Figure(name, new Heatmap(
                    $"{what} without each head", "head", "layer", [.. Enumerable.Range(0, config.NHeads).Select(head => $"{head}")], [.. layers.Select(layer => $"{layer}")],
                    [.. layers.Select(layer => Enumerable.Range(0, config.NHeads).Select(head => cells[(layer, head)].FirstOrDefault()).ToArray())], Signed: name != "kl"));
            }
            else
            {
                var shown = rows.Count <= MostBars ? rows : [.. rows.OrderByDescending(row => Math.Abs(of(row) ?? 0)).Take(MostBars)];
                context.Results.Figure(name, new Chart($"{what} without each part", "part", name == "logit" ? "logit" : "nats", [.. shown.Select(row => row.Ablated)], [new Series(name, [.. shown.Select(of)])], AsBars: true));
            }
        }
    }

    /// <summary>Passes that run together.</summary>
    /// <param name="Start">The layer where they start; null = at the tokens.</param>
    /// <param name="Hooks">What is changed in them.</param>
    /// <param name="Parts">Prompts, each with the ablations that it meets.</param>
    /// <param name="Done">The ablations that every prompt has met after this.</param>
    private sealed record Batch(int? Start, string[] Hooks, List<(int Prompt, int[] Ablations)> Parts, int[] Done);
}

/// <summary>What predictions are without a part: means over positions.</summary>
/// <param name="Kind">What the part is.</param>
/// <param name="Ablated">Its name.</param>
/// <param name="Layer">Layer; none for several parts.</param>
/// <param name="Index">Head or neuron.</param>
/// <param name="Logit">Logit of the token, or difference of two.</param>
/// <param name="LogitChange">What it is more than in the unchanged pass.</param>
/// <param name="Probability">Of the token, 0 to 1.</param>
/// <param name="Loss">Cross-entropy of the token that follows, in nats; none where none follows.</param>
/// <param name="LossChange">What it is more than in the unchanged pass.</param>
/// <param name="Accuracy">How often the token that follows is the most probable one, 0 to 1.</param>
/// <param name="Kl">KL(unchanged || this), in nats.</param>
public sealed record AblationEffect(
    AblatedKind Kind, string Ablated, int? Layer, int? Index, double Logit, double LogitChange, double Probability, double? Loss, double? LossChange, double? Accuracy, double Kl);

/// <summary>One of the parts without which predictions change most.</summary>
/// <param name="Rank">1 = most.</param>
/// <param name="Ablated">Its name.</param>
/// <param name="LogitChange">Change of the logit.</param>
/// <param name="LossChange">Change of the loss, in nats.</param>
/// <param name="Kl">KL(unchanged || this), in nats.</param>
public sealed record StrongestAblation(int Rank, string Ablated, double LogitChange, double? LossChange, double Kl);

/// <summary>What was taken out.</summary>
public enum AblatedKind
{
    /// <summary>The unchanged pass.</summary>
    Nothing,

    /// <summary>One head.</summary>
    Head,

    /// <summary>One neuron.</summary>
    Neuron,

    /// <summary>All that attention adds in a layer.</summary>
    Attention,

    /// <summary>All that the MLP adds in a layer.</summary>
    Mlp,

    /// <summary>A hook.</summary>
    Hook,

    /// <summary>Several together.</summary>
    Set,

    /// <summary>As many, drawn at random.</summary>
    Random,
}
