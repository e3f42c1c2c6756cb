using System.Globalization;

namespace PluginLens.Plugins.Ffn;

/// <summary>
/// Neuron i has a key k_i (column i of W_in; of W_gate where gated) and a value v_i (row i of W_out). Their words are the tokens t with the
/// largest <c>k_i · e_t</c> and <c>v_i · u_t</c>. Pairs whose two top-100 sets overlap are the ones that a person can read as a rule.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.1 and appendix C.3.
/// </summary>
[Analysis("ffn-keys-values", "FFN keys and values as words",
    Answers = "For each neuron the tokens its key responds to and the tokens its value promotes, side by side.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.1 and appendix C.3")]
[Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the value side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("neurons", typeof(NeuronOverlap))]
[Writes("ffn-keys-values", typeof(KeyValueWords))]
[Writes("ffn-keys-values-negative", typeof(KeyValueWords), When = "with --negative")]
public sealed class FfnKeysValues : Analysis<FfnKeysValuesOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, FfnKeysValuesOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var sides = new VocabularySides(model, options.Embedding);
        var parameters = new ParameterVectors(model, options.Key == GatedKey.In);
        var words = new VectorWords(context, parameters, sides, options.Padding);
        var pool = Pool(words, options);
        CheckSigned(config, options);
        var similar = new SimilarWords(context, options, options.K, flagLists: false);
        var layers = options.Layer.Of(config.NLayers, "layer");
        var unasked = options.Unasked("KeyLargeNorm", "ValueLargeNorm", "KeyHighBias", "ValueHighBias");
        var neurons = context.Results.Table<NeuronOverlap>("neurons", groupBy: 1, options.Signed ? [] : ["Sign"]);
        var table = context.Results.Table<KeyValueWords>("ffn-keys-values", groupBy: 2, unasked);
        var negative = options.Negative ? context.Results.Table<KeyValueWords>("ffn-keys-values-negative", groupBy: 2, unasked) : null;
        var written = options.Normed ? NormedVocabulary.Written(sides.Of(writes: true), ModelNorm.Final(model)) : sides.Compared(writes: true);
        var (seen, overlapping) = (0, 0);
        foreach (var layer in layers)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layers.ToList().IndexOf(layer), layers.Count, $"layer {layer}"));
            var all = Overlaps(words, config, layer, options);
            (seen, overlapping) = (seen + all.Count, overlapping + all.Count(neuron => options.Select == NeuronSelection.Jaccard ? neuron.Jaccard > options.MinJaccard : neuron.Overlap >= options.MinOverlap));
            var chosen = Chosen(context.Random, all, options, config.DMlp);
            var ids = chosen.ConvertAll(neuron => neuron.Neuron);
            var read = options.Normed ? sides.Compared(writes: false).Under(ModelNorm.BeforeMlp(model, layer)) : sides.Compared(writes: false);
            var signs = options.Signed ? ValueSigns.Of(context, options, sides, read, layer, ids) : null;
            foreach (var (at, neuron) in chosen.Index())
            {
                neurons.Add(signs is null ? neuron : neuron with { Sign = signs[at] });
            }

            Emit(table, RowOrder.Largest);
            if (negative is not null)
            {
                Emit(negative, RowOrder.Smallest);
            }

            void Emit(Table<KeyValueWords> into, RowOrder order)
            {
                var keys = similar.Of(read, ParameterVectors.Gather(parameters.Rows(ParameterGroup.K, layer), ids), Similarity.Dot, order);
                var vectors = ParameterVectors.Gather(parameters.Rows(ParameterGroup.V, layer), ids);
                var values = similar.Of(written, signs is null ? vectors : ValueSigns.Times(vectors, signs), Similarity.Dot, order);
                var sign = order == RowOrder.Smallest ? -1 : 1;
                for (var row = 0; row < ids.Count; row++)
                {
                    var (key, value) = (keys[row], values[row]);
                    for (var rank = 0; rank < key.Ids.Length; rank++)
                    {
                        into.Add(new KeyValueWords(
                            layer, ids[row], rank + 1, model.Token(key.Ids[rank]), sign * key.Scores[rank], model.Token(value.Ids[rank]), sign * value.Scores[rank],
                            similar.IsLargeNorm(key.Ids[rank]), similar.IsLargeNorm(value.Ids[rank]), similar.IsHighBias(key), similar.IsHighBias(value)));
                    }
                }
            }
        }

        context.Results.Note(NoteLine.Of(
            $"keys on {sides.Name(writes: false)}, values on {sides.Name(writes: true)}",
            $"weights {config.ProcessingName}",
            config.GatedMlp ? $"keys are columns of {parameters.Matrix(ParameterGroup.K)}" : null,
            options.Normed ? "tokens under the norm before the MLP, values through the gain of the final norm" : null,
            options.Signed ? $"values times the sign of W_in over the {ValueSigns.Tokens} best tokens of the gate" : null,
            similar.Description));
        if (options.Select != NeuronSelection.Jaccard && options.MinOverlap > pool)
        {
            return; // Neurons by number: the threshold that no set of this size reaches plays no part.
        }

        context.Results.Note($"{overlapping} of {seen} neurons ({100.0 * overlapping / Math.Max(1, seen):0.0} %) have top-{pool} sets "
            + (options.Select == NeuronSelection.Jaccard ? $"with a Jaccard index above {options.MinJaccard}" : $"that share at least {options.MinOverlap} tokens"));
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, FfnKeysValuesOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var words = new VectorWords(context, new ParameterVectors(model), new VocabularySides(model, options.Embedding), options.Padding);
        var pool = Pool(words, options);
        CheckSigned(config, options);
        var kept = Costs.Kept(model, BpeFilters.Mask(model, options));
        double layers = options.Layer.Of(config.NLayers, "layer").Count, signs = options.Negative ? 2 : 1;
        double shown = options.Neuron != Selection.All ? options.Neuron.Of(config.DMlp, "neuron").Count : options.Sample == 0 ? config.DMlp : Math.Min(options.Sample, config.DMlp);
        return Costs.Sum(
            Costs.Widened(model),
            Costs.Times(layers, Costs.Sum(
                words.CostOf(ParameterGroup.K, pool), words.CostOf(ParameterGroup.V, pool), Costs.Times(signs, SimilarWords.CostOf(model, options, options.K, 2 * shown)),
                options.Signed ? SimilarWords.CostOf(model, options, ValueSigns.Tokens, shown) : Costs.None, Costs.Rows<NeuronOverlap>(config.DMlp))),
            Costs.Rows<NeuronOverlap>(layers * shown),
            Costs.Rows<KeyValueWords>(signs * layers * shown * Math.Min(options.K, kept)));
    }

    /// <summary>The size of the sets that are compared: no larger than the vocabulary. Refuses thresholds that no two sets can reach.</summary>
    private static int Pool(VectorWords words, FfnKeysValuesOptions options)
    {
        var pool = Math.Min(options.Pool, words.Tokens);
        if (options is { Select: NeuronSelection.Overlap } && options.Neuron == Selection.All && options.MinOverlap > pool)
        {
            throw new UsageException($"--min-overlap {options.MinOverlap}: sets of {pool} tokens (--pool) share at most {pool}; expected no more.");
        }

        return options.MinJaccard < 1 ? pool : throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"--min-jaccard {options.MinJaccard}: no index exceeds 1; expected 0 to less than 1."));
    }

    private static void CheckSigned(ModelConfig config, FfnKeysValuesOptions options)
    {
        if (options.Signed && !config.GatedMlp)
        {
            throw new UsageException($"--signed: the MLPs of model '{config.Name}' have no gate, so the sign of a value is its own; leave the option out.");
        }
    }

    private static List<NeuronOverlap> Overlaps(VectorWords words, ModelConfig config, int layer, FfnKeysValuesOptions options)
    {
        var keys = words.Of(ParameterGroup.K, layer, options.Pool);
        var values = words.Of(ParameterGroup.V, layer, options.Pool);
        return [.. Enumerable.Range(0, config.DMlp).Select(neuron =>
        {
            var shared = TokenSets.Overlap(keys.IdsOf(neuron), values.IdsOf(neuron));
            return new NeuronOverlap(layer, neuron, shared, shared / (double)((2 * keys.K) - shared));
        })];
    }

    private static List<NeuronOverlap> Chosen(Random random, List<NeuronOverlap> all, FfnKeysValuesOptions options, int count)
    {
        if (options.Neuron != Selection.All)
        {
            return [.. options.Neuron.Of(count, "neuron").Select(neuron => all[neuron])];
        }

        List<NeuronOverlap> pool = options.Select switch
        {
            NeuronSelection.Overlap => all.FindAll(neuron => neuron.Overlap >= options.MinOverlap),
            NeuronSelection.Jaccard => all.FindAll(neuron => neuron.Jaccard > options.MinJaccard),
            _ => all,
        };
        if (options.Sample == 0 || pool.Count <= options.Sample)
        {
            return pool;
        }

        var drawn = pool.ToArray();
        random.Shuffle(drawn);
        return [.. drawn.Take(options.Sample).OrderBy(neuron => neuron.Neuron)];
    }
}

/// <summary>How much the words of a neuron's key and value have in common.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Overlap">Tokens in both top-100 sets (<c>--pool</c>).</param>
/// <param name="Jaccard">Shared tokens over tokens in either set, 0 to 1.</param>
/// <param name="Sign">With <c>--signed</c>: 1 or -1, which side of the value the gate's words turn on.</param>
public sealed record NeuronOverlap(int Layer, int Neuron, int Overlap, double Jaccard, int? Sign = null);

/// <summary>One rank of a neuron's two lists.</summary>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Key">A token that the key responds to.</param>
/// <param name="KeyScore">Its product with the key.</param>
/// <param name="Value">A token that the value promotes.</param>
/// <param name="ValueScore">Its product with the value; compared as the note says.</param>
/// <param name="KeyLargeNorm">With <c>--flags</c>: whether the key's token has a large norm.</param>
/// <param name="ValueLargeNorm">With <c>--flags</c>: whether the value's has.</param>
/// <param name="KeyHighBias">With <c>--flags</c>: whether the key's list is made of tokens with a high bias in the logits.</param>
/// <param name="ValueHighBias">With <c>--flags</c>: whether the value's is.</param>
public sealed record KeyValueWords(
    int Layer, int Neuron, int Rank, Token Key, double KeyScore, Token Value, double ValueScore,
    bool? KeyLargeNorm = null, bool? ValueLargeNorm = null, bool? KeyHighBias = null, bool? ValueHighBias = null);

/// <summary>Options of <c>ffn-keys-values</c>.</summary>
public sealed record FfnKeysValuesOptions : VectorOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Neurons by number.</summary>
    [Help("Neurons by number, e.g. 666 or 10-19; overrules --select and --sample.")]
    public Selection Neuron { get; init; } = Selection.All;

    /// <summary>Which neurons.</summary>
    [Help("overlap: key and value lists share at least --min-overlap tokens; jaccard: their Jaccard index is above --min-jaccard; any: every neuron.")]
    public NeuronSelection Select { get; init; } = NeuronSelection.Overlap;

    /// <summary>Sample.</summary>
    [AtLeast(0)]
    [Help("Neurons drawn at random (with --seed) from the selected ones of each layer; 0 = all of them.")]
    public int Sample { get; init; } = 3;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 30;

    /// <summary>Size of the sets.</summary>
    [AtLeast(1)]
    [Help("Size of the unfiltered top sets that are compared for --select.")]
    public int Pool { get; init; } = 100;

    /// <summary>Overlap threshold.</summary>
    [AtLeast(0)]
    [Help("Smallest number of shared tokens for --select overlap (the paper: 15 of 100).")]
    public int MinOverlap { get; init; } = 15;

    /// <summary>Jaccard threshold.</summary>
    [AtLeast(0)]
    [Help("Jaccard index to exceed for --select jaccard (the authors' later code: 0.4).")]
    public double MinJaccard { get; init; } = 0.4;

    /// <summary>Negated vectors.</summary>
    [Help("Also list the words of the negated key and value.")]
    public bool Negative { get; init; }

    /// <summary>Norms.</summary>
    [Help("Read each token under the norm before the MLP, and values through the gain of the final norm, centred where it centres.")]
    public bool Normed { get; init; }

    /// <summary>Sign of the value.</summary>
    [Help("Gated MLPs: list the value times the sign that W_in gives it, that of the mean of norm(e) w_in + b_in over the 10 best tokens of the gate: what the neuron promotes when its gate's words open it.")]
    public bool Signed { get; init; }

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: which matrix holds the keys, gate (hook_pre) or in.")]
    public GatedKey Key { get; init; }

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix on each side. auto: W_E for keys, W_U for values; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>Which neurons are shown.</summary>
public enum NeuronSelection
{
    /// <summary>Lists that share enough tokens.</summary>
    Overlap,

    /// <summary>Lists with a high Jaccard index.</summary>
    Jaccard,

    /// <summary>Every neuron.</summary>
    Any,
}
