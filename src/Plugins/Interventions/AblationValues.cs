namespace PluginLens.Plugins.Interventions;

/// <summary>The numbers that stand where something is taken out.</summary>
internal sealed class AblationValues
{
    private readonly ChangedPasses _passes;
    private readonly IReadOnlyList<Prompt> _prompts;
    private readonly AblationValue _with;
    private readonly IReadOnlyList<int>[] _positions;
    private readonly Dictionary<string, float[]> _means = new(StringComparer.Ordinal);
    private readonly int[] _partners;

    /// <summary>Takes means over the prompts, or gives each prompt a partner.</summary>
    /// <param name="context">The model, and the seed.</param>
    /// <param name="options">What the user wants.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="passes">Their unchanged passes.</param>
    /// <param name="hooks">Hooks in which something is taken out.</param>
    /// <exception cref="UsageException">The prompts have not the lengths that this takes.</exception>
    public AblationValues(AnalysisContext context, AblateOptions options, IReadOnlyList<Prompt> prompts, ChangedPasses passes, IReadOnlyList<string> hooks)
    {
        (_passes, _prompts, _with) = (passes, prompts, options.With);
        _positions = [.. prompts.Select(prompt => Place.At(options.At, prompt.Tokens.Length))];
        _partners = options.With == AblationValue.Resample ? Partners(prompts, context.Seed) : [];
        if (options.With == AblationValue.PositionMean && prompts.Any(prompt => prompt.Tokens.Length != prompts[0].Tokens.Length))
        {
            throw new UsageException($"--with position-mean: the prompts have {string.Join(", ", prompts.Select(prompt => prompt.Tokens.Length).Distinct().Order())} tokens; give prompts of one length, or use --with mean.");
        }

        if (options.With is AblationValue.Mean or AblationValue.PositionMean)
        {
            foreach (var hook in hooks)
            {
                if (prompts.Any(prompt => prompt.Tokens.Length != prompts[0].Tokens.Length) && passes.Extents(hook, 1) != passes.Extents(hook, 2) with { Length = 1 })
                {
                    throw new UsageException($"--with mean: '{hook}' has another width in prompts of another length; give prompts of one length.");
                }

                _means[hook] = Mean(hook, each: options.With == AblationValue.PositionMean);
            }
        }
    }

    /// <summary>What a prompt's pass has in place of computed numbers.</summary>
    /// <param name="ablation">What is taken out.</param>
    /// <param name="prompt">Which prompt.</param>
    /// <returns>By hook: NaN where the computed number stays.</returns>
    public IReadOnlyDictionary<string, float[]> Of(Ablation ablation, int prompt)
    {
        var change = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var place in ablation.Places)
        {
            var extents = _passes.Extents(place.Hook, _prompts[prompt].Tokens.Length);
            if (!change.TryGetValue(place.Hook, out var values))
            {
                change[place.Hook] = values = new float[extents.Outer * extents.Length * extents.Inner];
                Array.Fill(values, float.NaN);
            }

            var other = _with == AblationValue.Resample ? _passes.Unchanged(_partners[prompt], place.Hook).Data : default;
            var mean = _means.GetValueOrDefault(place.Hook);
            place.Fill(extents, _positions[prompt], at => _with switch
            {
                AblationValue.Zero => 0,
                AblationValue.Mean => mean![MeanIndex(at, extents)],
                AblationValue.PositionMean => mean![at],
                _ => other.Span[at],
            }, values);
        }

        return change;
    }

    /// <summary>The index of a number without its position.</summary>
    private static int MeanIndex(int at, (int Outer, int Length, int Inner) extents) => (at / (extents.Length * extents.Inner) * extents.Inner) + (at % extents.Inner);

    /// <summary>The mean over prompts, of each position or over all that are chosen.</summary>
    private float[] Mean(string hook, bool each)
    {
        var all = new Place(hook, null);
        double[]? sums = null;
        long[]? counts = null;
        for (var prompt = 0; prompt < _prompts.Count; prompt++)
        {
            var extents = _passes.Extents(hook, _prompts[prompt].Tokens.Length);
            var values = _passes.Unchanged(prompt, hook).Data;
            sums ??= new double[extents.Outer * extents.Inner * (each ? extents.Length : 1)];
            counts ??= new long[sums.Length];
            all.Fill(extents, _positions[prompt], at =>
            {
                var to = each ? at : MeanIndex(at, extents);
                sums[to] += values.Span[at];
                counts[to]++;
                return 0;
            }, new float[values.Length]);
        }

        return [.. sums!.Select((sum, at) => counts![at] == 0 ? 0 : (float)(sum / counts[at]))];
    }

    /// <summary>Prompts of equal length in a circle of random order: each takes what the next one has.</summary>
    private static int[] Partners(IReadOnlyList<Prompt> prompts, int seed)
    {
        var partners = new int[prompts.Count];
        foreach (var group in Enumerable.Range(0, prompts.Count).GroupBy(prompt => prompts[prompt].Tokens.Length))
        {
            int[] circle = [.. group];
            if (circle.Length == 1)
            {
                throw new UsageException($"--with resample takes what another prompt of the same length has, and prompt {circle[0]} alone has {group.Key} tokens; give others of that length, or use --with mean.");
            }

            new Random(seed).Shuffle(circle);
            for (var at = 0; at < circle.Length; at++)
            {
                partners[circle[at]] = circle[(at + 1) % circle.Length];
            }
        }

        return partners;
    }
}
