namespace PluginLens.Plugins.Interventions;

/// <summary>
/// Where the difference between two prompts sits: the activations of one run (a clean prompt's) are put into the run of another (a corrupted one's), a layer and position or a head at a time, and the
/// rest of the model runs on. <c>share = (patched - run) / (source - run)</c> of the difference of two logits: 0 where nothing moves, 1 where the run gives what its source gives.
/// </summary>
[Analysis("patch", "Where two prompts differ inside",
    Answers = "Which layers and positions, or which heads, carry what makes the model answer two prompts differently.",
    Source = "activation patching (causal tracing): Vig et al.; Meng et al., Locating and Editing Factual Associations in GPT; Wang et al., Interpretability in the Wild")]
[Holds(Verdict.Undefined, Trait.NoUnembed, "without an unembedding there are no predictions")]
[Writes("patch", typeof(PatchEffect))]
[Writes("strongest", typeof(StrongestPatch))]
[Writes("pairs", typeof(PatchPair))]
public sealed class Patch : Analysis<PatchOptions>
{
    /// <summary>Logit differences of two prompts closer than this, of their size, are not told apart.</summary>
    private const double Same = 1e-5;

    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, PatchOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var prompts = Pairs(context);
        var table = context.Results.Table<PatchEffect>("patch", groupBy: 2);
        var strongest = context.Results.Table<StrongestPatch>("strongest", groupBy: 2);
        var pairs = context.Results.Table<PatchPair>("pairs");
        context.Results.Note(NoteLine.Of(
            "share: (patched - run) / (source - run) of the difference of two logits",
            options.Unit switch
            {
                PatchUnit.Stream => "the state that enters a layer, at one position",
                PatchUnit.Attention => "what attention adds in a layer, at one position",
                PatchUnit.Mlp => "what the MLP adds in a layer, at one position",
                _ => $"what a head passes on (hook_z), at positions {options.At}",
            },
            $"weights {config.ProcessingName}"));
        var units = Units(config, options, prompts[0].Tokens.Length);
        var starts = units.Select(unit => ChangedPasses.Start(config, unit.Layer)!.Value);
        var final = ChangedPasses.Final(config);
        var passes = ChangedPasses.Begin(context, prompts, starts, [.. units.Select(unit => unit.Place.Hook).Distinct(), final]);
        var predictions = new Predictions(model);
        for (var clean = 0; clean < prompts.Count; clean += 2)
        {
            var length = prompts[clean].Tokens.Length;
            var pair = Ask(context, options, prompts, clean, predictions, [.. Enumerable.Range(clean, 2).Select(prompt => passes.Unchanged(prompt, final))]);
            pairs.Add(pair);
            units = Units(config, options, length);
            foreach (var into in options.Into == PatchInto.Both ? new[] { PatchInto.Corrupted, PatchInto.Clean } : [options.Into])
            {
                var (run, source) = into == PatchInto.Corrupted ? (clean + 1, clean) : (clean, clean + 1);
                double distance = into == PatchInto.Corrupted ? pair.Clean - pair.Corrupted : pair.Corrupted - pair.Clean;
                var tells = Math.Abs(distance) > Same * Math.Max(1, Math.Max(Math.Abs(pair.Clean), Math.Abs(pair.Corrupted)));
                var work = Work(config, units, length);
                var effects = new List<PatchEffect>();
                var batches = InOrder.Of(context, work.Count, at => Measure(passes, predictions, pair, options, length, work[at], run, source), at => 2L * sizeof(float) * ChangedPasses.MostTokens * config.DModel);
                foreach (var (at, measured) in batches.Index())
                {
                    context.Progress.Report(new Progress(effects.Count, units.Count, $"pair {clean / 2}, layer {work[at].Units[0].Layer}"));
                    foreach (var (unit, (value, change)) in work[at].Units.Zip(measured))
                    {
                        Token? Of(int prompt) => unit.Position is { } position ? model.Token(prompts[prompt].Tokens[position]) : null;
                        effects.Add(new PatchEffect(clean / 2, into, unit.Layer, unit.Head, unit.Position, Of(clean), Of(clean + 1), value, tells ? change / distance : null));
                        table.Add(effects[^1]);
                    }
                }

                if (!tells)
                {
                    context.Results.Warn($"pair {clean / 2}: both prompts have the same difference of logits, so there is none to share; give other tokens");
                }

                foreach (var (rank, effect) in effects.Where(effect => effect.Share is not null).OrderByDescending(effect => Math.Abs(effect.Share!.Value)).Take(options.K).Index())
                {
                    strongest.Add(new StrongestPatch(effect.Pair, into, rank + 1, effect.Layer, effect.Head, effect.Position, effect.Share!.Value));
                }

                Draw(context, options, prompts, clean, into, effects);
            }
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, PatchOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var prompts = Pairs(context);
        double directions = options.Into == PatchInto.Both ? 2 : 1, tokens = prompts.Sum(prompt => prompt.Tokens.Length), longest = prompts.Max(prompt => prompt.Tokens.Length);
        var pairs = prompts.Where((_, index) => index % 2 == 0).Select(prompt => (Length: (double)prompt.Tokens.Length, Units: Units(config, options, prompt.Tokens.Length))).ToList();
        double rows = directions * pairs.Sum(pair => pair.Units.Count), width = config.DModel + (options.Unit == PatchUnit.Head ? config.NHeads * config.DHead : config.DModel);
        return Costs.Sum(
            Costs.InTurn(prompts.Select(prompt => Costs.Forward(config, prompt.Tokens.Length, config.NLayers, logits: false))),
            new Cost(0, sizeof(float) * tokens * width * (config.NLayers + 1)),
            new Cost(directions * pairs.Sum(pair => pair.Units.Sum(unit => 2 * Costs.Forward(config, pair.Length, config.NLayers - ChangedPasses.Start(config, unit.Layer)!.Value, logits: false).Flops)),
                context.Compute.Threads * Costs.Forward(config, Math.Max(ChangedPasses.MostTokens, 2 * longest), 1, logits: false).Bytes),
            new Cost(2 * rows * 2 * config.DModel * config.DVocab, context.Compute.Threads * 2 * 64 * sizeof(float) * (double)config.DVocab),
            Costs.Rows<PatchEffect>(rows),
            Costs.Rows<StrongestPatch>(directions * pairs.Sum(pair => Math.Min(options.K, pair.Units.Count))),
            Costs.Rows<PatchPair>(pairs.Count));
    }

    /// <summary>The prompts, clean and corrupted in turn.</summary>
    private static IReadOnlyList<Prompt> Pairs(AnalysisContext context)
    {
        var prompts = context.RequirePrompts();
        if (prompts.Count % 2 != 0)
        {
            throw new UsageException($"Expected pairs of prompts, a clean and a corrupted one in turn; found {prompts.Count}. Give --prompt twice, or a file with an even number.");
        }

        for (var clean = 0; clean < prompts.Count; clean += 2)
        {
            var (one, other) = (prompts[clean].Tokens.Length, prompts[clean + 1].Tokens.Length);
            if (one != other)
            {
                throw new UsageException(
                    $"Pair {clean / 2}: the clean prompt has {Counted.Of(one, "token")}, the corrupted one {other}; a state is patched into the same position. Choose words of as many tokens ('pluginlens tokenize' shows them).");
            }
        }

        return prompts;
    }

    private static List<Unit> Units(ModelConfig config, PatchOptions options, int length)
    {
        if (config.AttnOnly && options.Unit == PatchUnit.Mlp)
        {
            throw new UsageException($"Model '{config.Name}' has no MLPs; use --unit stream, attention or head.");
        }

        return [.. options.Layer.Of(config.NLayers, "layer").SelectMany(layer => options.Unit == PatchUnit.Head
            ? options.Head.Of(config.NHeads, "head").Select(head => new Unit(layer, head, null, Place.Head(config, layer, head)))
            : Place.At(options.At, length).Select(position => new Unit(layer, null, position, options.Unit switch
            {
                PatchUnit.Attention => Place.Attention(layer),
                PatchUnit.Mlp => Place.Mlp(layer),
                _ => new Place(ChangedPasses.Entry(layer), layer),
            })))];
    }

    /// <summary>Which tokens are compared, where, and what both unchanged runs say.</summary>
    private static PatchPair Ask(AnalysisContext context, PatchOptions options, IReadOnlyList<Prompt> prompts, int clean, Predictions predictions, Tensor[] states)
    {
        var (model, positions) = (context.Model, Enumerable.Range(clean, 2).Select(prompt => Predictions.Positions(context.Model, prompt, prompts[prompt], options.Position)).ToArray());
        if (positions[0] is not [var position] || !positions[1].SequenceEqual(positions[0]))
        {
            throw new UsageException($"Pair {clean / 2}: expected one position at which both prompts are read, found {string.Join(", ", positions[0])} and {string.Join(", ", positions[1])}; give --position.");
        }

        // Both at once: a product of one row is summed in another order than one of several, such as a patched run is part of.
        float[] both = [.. states.SelectMany(state => state.Data.ToArray())];
        var logits = predictions.At(new Tensor("states", both, [2, .. states[0].Shape]), [position]).First().Logits;
        int Named(string option, string? text, int prompt) => text is null ? Predictions.Best(logits.Row(prompt)) : OneToken.Of(model, option, text);
        var (token, against) = (Named("--token", options.Token, 0), Named("--against", options.Against, 1));
        if (token == against)
        {
            throw new UsageException($"Pair {clean / 2}: '{model.Token(token).Text}' stands on both sides of the difference; give --token, the answer to the clean prompt, and --against, that to the corrupted one.");
        }

        double Difference(int prompt) => (double)logits.Row(prompt)[token] - logits.Row(prompt)[against];
        return new PatchPair(clean / 2, position, model.Token(token), model.Token(against), Difference(0), Difference(1));
    }

    /// <summary>The batches in order: units whose passes start at one layer.</summary>
    private static List<(int Start, string[] Hooks, Unit[] Units)> Work(ModelConfig config, List<Unit> units, int length)
    {
        var most = Math.Max(1, (ChangedPasses.MostTokens / length) - 1);
        return [.. units.GroupBy(unit => ChangedPasses.Start(config, unit.Layer)!.Value).SelectMany(group =>
        {
            string[] hooks = [.. group.Select(unit => unit.Place.Hook).Distinct()];
            return group.Chunk(most).Select(some => (group.Key, hooks, some));
        })];
    }

    /// <summary>One batch: the unchanged run, then one for each unit. The difference of logits, and how far it moved.</summary>
    private static List<(double Value, double Change)> Measure(
        ChangedPasses passes, Predictions predictions, PatchPair pair, PatchOptions options, int length, (int Start, string[] Hooks, Unit[] Units) batch, int run, int source)
    {
        var rows = new List<(int, IReadOnlyDictionary<string, float[]>)> { (run, new Dictionary<string, float[]>()) };
        foreach (var unit in batch.Units)
        {
            var extents = passes.Extents(unit.Place.Hook, length);
            var (from, into) = (passes.Unchanged(source, unit.Place.Hook).Data, new float[extents.Outer * extents.Length * extents.Inner]);
            Array.Fill(into, float.NaN);
            unit.Place.Fill(extents, unit.Position is { } position ? [position] : Place.At(options.At, length), at => from.Span[at], into);
            rows.Add((run, new Dictionary<string, float[]> { [unit.Place.Hook] = into }));
        }

        var logits = predictions.At(passes.Run(batch.Start, batch.Hooks, rows), [pair.Position]).First().Logits;
        double Difference(int row) => (double)logits.Row(row)[pair.Token.Id] - logits.Row(row)[pair.Against.Id];
        return [.. Enumerable.Range(1, batch.Units.Length).Select(row => (Difference(row), Difference(row) - Difference(0)))];
    }

    private static void Draw(AnalysisContext context, PatchOptions options, IReadOnlyList<Prompt> prompts, int clean, PatchInto into, List<PatchEffect> effects)
    {
        var model = context.Model;
        int[] layers = [.. effects.Select(effect => effect.Layer).Distinct()], columns = [.. effects.Select(effect => effect.Head ?? effect.Position!.Value).Distinct()];
        var cells = effects.ToDictionary(effect => (effect.Layer, effect.Head ?? effect.Position!.Value), effect => effect.Share);
        string Label(int position)
        {
            var (one, other) = (model.Token(prompts[clean].Tokens[position]).Text, model.Token(prompts[clean + 1].Tokens[position]).Text);
            return one == other ? $"{one} ({position})" : $"{one} |{other} ({position})";
        }

        context.Results.Figure($"share-{clean / 2}-into-{(into == PatchInto.Clean ? "clean" : "corrupted")}", new Heatmap(
            $"Share of the difference that patching moves, pair {clean / 2}", options.Unit == PatchUnit.Head ? "head" : "token", "layer",
            [.. columns.Select(column => options.Unit == PatchUnit.Head ? $"{column}" : Label(column))], [.. layers.Select(layer => $"{layer}")],
            [.. layers.Select(layer => columns.Select(column => cells[(layer, column)]).ToArray())], Signed: true));
    }

    /// <summary>What is patched at once.</summary>
    private sealed record Unit(int Layer, int? Head, int? Position, Place Place);
}

/// <summary>What patching one part does.</summary>
/// <param name="Pair">Index of the pair of prompts, from 0.</param>
/// <param name="Into">The run that it is put into.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Head, where heads are patched.</param>
/// <param name="Position">Position, where one is patched.</param>
/// <param name="Clean">The clean prompt's token there.</param>
/// <param name="Corrupted">The corrupted prompt's token there.</param>
/// <param name="LogitDifference">Of the patched run.</param>
/// <param name="Share">How much of the difference between the runs it moves; none where they do not differ.</param>
public sealed record PatchEffect(int Pair, PatchInto Into, int Layer, int? Head, int? Position, Token? Clean, Token? Corrupted, double LogitDifference, double? Share);

/// <summary>One of the parts that move most.</summary>
/// <param name="Pair">Index of the pair of prompts, from 0.</param>
/// <param name="Into">The run that it is put into.</param>
/// <param name="Rank">1 = most, either way.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Head, where heads are patched.</param>
/// <param name="Position">Position, where one is patched.</param>
/// <param name="Share">How much of the difference between the runs it moves.</param>
public sealed record StrongestPatch(int Pair, PatchInto Into, int Rank, int Layer, int? Head, int? Position, double Share);

/// <summary>What both prompts say unchanged.</summary>
/// <param name="Pair">Index of the pair of prompts, from 0.</param>
/// <param name="Position">Where they are read.</param>
/// <param name="Token">The token whose logit counts.</param>
/// <param name="Against">The token whose logit is subtracted.</param>
/// <param name="Clean">Difference of logits of the clean prompt.</param>
/// <param name="Corrupted">Difference of logits of the corrupted one.</param>
public sealed record PatchPair(int Pair, int Position, Token Token, Token Against, double Clean, double Corrupted);

/// <summary>What is patched.</summary>
public enum PatchUnit
{
    /// <summary>The state of the residual stream that enters a layer.</summary>
    Stream,

    /// <summary>What attention adds.</summary>
    Attention,

    /// <summary>What the MLP adds.</summary>
    Mlp,

    /// <summary>A head.</summary>
    Head,
}

/// <summary>Which run is patched.</summary>
public enum PatchInto
{
    /// <summary>The corrupted one, with what the clean one has: what suffices.</summary>
    Corrupted,

    /// <summary>The clean one, with what the corrupted one has: what is needed.</summary>
    Clean,

    /// <summary>Each in turn.</summary>
    Both,
}

/// <summary>Options of <c>patch</c>.</summary>
public sealed record PatchOptions
{
    /// <summary>What is patched.</summary>
    [Help("What is patched: stream (the state that enters a layer), attention or mlp (what it adds), each at one position; head (at all positions of --at).")]
    public PatchUnit Unit { get; init; }

    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("With --unit head: heads: all, 3, 0,2-4.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Positions that are patched.</summary>
    [Help("Positions that are patched, one by one, of heads together: all, 3, 0,2-4; -1 is the last token.")]
    public Selection At { get; init; } = Selection.All;

    /// <summary>Which run.</summary>
    [Help("The run that is patched: corrupted (with what the clean one has), clean (the other way), both.")]
    public PatchInto Into { get; init; }

    /// <summary>The clean answer.</summary>
    [Help("The token whose logit counts: the answer to the clean prompt; without it what the model predicts there.")]
    public string? Token { get; init; }

    /// <summary>The corrupted answer.</summary>
    [Help("The token whose logit is subtracted: the answer to the corrupted prompt; without it what the model predicts there.")]
    public string? Against { get; init; }

    /// <summary>Where predictions are read.</summary>
    [Help("Position whose prediction is read; -1, the last, where nothing is said; of encoders the masked one.")]
    public Selection? Position { get; init; }

    /// <summary>How many are named.</summary>
    [AtLeast(1)]
    [Help("Length of the list of what moves most.")]
    public int K { get; init; } = 10;
}
