namespace PluginLens.Plugins.Ffn;

/// <summary>
/// Looks up where a model keeps a set of words: <c>q</c> = mean over seed words of <c>e_w - mu</c>, mu the mean embedding; every FFN value (or key)
/// of all layers is ranked by its product with q. <c>--promotes</c> asks the other way: which neurons have the largest product with a word, and which heads can write it most, <c>‖W_O u_y‖</c>.
/// <c>--from X --to Y</c>: which heads map X to Y, by <c>e_x W_V W_O u_y</c>.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.1 and appendix C.4.
/// </summary>
[Analysis("knowledge-lookup", "Knowledge lookup",
    Answers = "Which neurons stand for a set of words, and which neurons and heads promote a word.",
    Source = "Dar et al., Analyzing Transformers in Embedding Space, section 4.1 and appendix C.4")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words need a tokenizer")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the value side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
[Writes("neurons", typeof(LookedUpNeuron), When = "with --words")]
[Writes("knowledge-lookup", typeof(LookedUpWord), When = "with --words")]
[Writes("promoting-neurons", typeof(PromotingNeuron), When = "with --promotes")]
[Writes("promoting-heads", typeof(PromotingHead), When = "with --promotes")]
[Writes("mappings", typeof(HeadMapping), When = "with --from and --to")]
public sealed class KnowledgeLookup : Analysis<KnowledgeLookupOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, KnowledgeLookupOptions options)
    {
        Check(context.Model.Config, options);
        var sides = new VocabularySides(context.Model, options.Embedding);
        if (options.Words is not [])
        {
            Lookup(context, options, sides);
        }

        if (options.Promotes is { } word)
        {
            Promotes(context, options, sides, word);
        }

        if (options.From is { } from)
        {
            Maps(context, options, sides, from, options.To!);
        }
    }

    /// <inheritdoc/>
    protected override Cost? Plan(AnalysisContext context, KnowledgeLookupOptions options)
    {
        var (model, config) = (context.Model, context.Model.Config);
        Check(config, options);
        double layers = config.NLayers, heads = layers * config.NHeads, kept = Costs.Kept(model, BpeFilters.Mask(model, options)), shown = Math.Min(options.Neurons, layers * config.DMlp);
        var ranked = Costs.Times(layers, Costs.TopRows(1, config.DModel, config.DMlp, options.Neurons));
        var parts = new List<Cost> { Costs.Widened(model) };
        if (options.Words is not [])
        {
            parts.Add(new Cost((double)config.DVocab * config.DModel, 0));
            parts.Add(Costs.Sum(ranked, Costs.Times(shown, SimilarWords.CostOf(model, options, options.K, 1)),
                options.Signed ? Costs.Times(shown, SimilarWords.CostOf(model, options, ValueSigns.Tokens, 1)) : Costs.None, Costs.Rows<LookedUpNeuron>(shown), Costs.Rows<LookedUpWord>(shown * Math.Min(options.K, kept))));
        }

        if (options.Promotes is not null)
        {
            parts.Add(Costs.Sum(config.AttnOnly ? Costs.None : ranked, Costs.Times(heads, Costs.Product(config.DHead, config.DModel, 1)), Costs.Rows<PromotingNeuron>(shown * layers), Costs.Rows<PromotingHead>(heads)));
        }

        if (options.From is not null)
        {
            var head = Costs.Sum(Costs.Product(1, config.DModel, config.DHead), Costs.Product(1, config.DHead, config.DModel), Costs.Product(1, config.DModel, config.DVocab));
            parts.Add(Costs.Sum(Costs.Times(heads, head), Costs.Rows<HeadMapping>(2 * heads)));
        }

        return Costs.Sum(parts);
    }

    private static void Check(ModelConfig config, KnowledgeLookupOptions options)
    {
        if (options.From is null != options.To is null)
        {
            throw new UsageException("--from and --to belong together: --from X --to Y asks which heads map X to Y.");
        }

        if (options.Words.Any(word => WhiteSpace.Strip(word).Length == 0))
        {
            throw new UsageException($"--words {string.Join(',', options.Words)}: expected words separated by commas, found an empty one.");
        }

        if (options.Words is [] && options.Promotes is null && options.From is null)
        {
            throw new UsageException("Give seed words (--words python,java,javascript), a word to explain (--promotes WORD), or a pair (--from X --to Y).");
        }

        if (options.Signed && (!config.GatedMlp || options.Over == LookupOver.Keys))
        {
            throw new UsageException($"--signed: {(config.GatedMlp ? "keys have no sign that W_in could turn; use --over values" : $"the MLPs of model '{config.Name}' have no gate, so the sign of a value is its own")}; leave the option out.");
        }

        if (options.Words is not [] && config.AttnOnly)
        {
            throw new UsageException($"--words looks through MLPs, and model '{config.Name}' has none; --promotes and --from --to look through heads.");
        }
    }

    private static void Lookup(AnalysisContext context, KnowledgeLookupOptions options, VocabularySides sides)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var writes = options.Over == LookupOver.Values;
        var group = writes ? ParameterGroup.V : ParameterGroup.K;
        var parameters = new ParameterVectors(model, options.Key == GatedKey.In);
        var vocabulary = sides.Of(writes);
        var query = Query(context, vocabulary, options.Words);
        var similar = new SimilarWords(context, options, options.K, flagLists: false);
        context.Results.Note(NoteLine.Of(
            $"{ParameterVectors.Name(group)} ({parameters.Matrix(group)}) on {sides.Name(writes)}",
            $"weights {config.ProcessingName}",
            options.Signed ? $"words of values times the sign of W_in over the {ValueSigns.Tokens} best tokens of the gate" : null,
            similar.Description));

        var best = new List<(int Layer, int Neuron, double Score)>();
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, config.NLayers, $"layer {layer}"));
            var scores = context.Compute.TopRows(query, parameters.Rows(group, layer), new RowQuery { K = options.Neurons });
            for (var at = 0; at < scores.K; at++)
            {
                best.Add((layer, scores.Ids[at], scores.Scores[at]));
            }
        }

        var shown = best.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Layer).ThenBy(hit => hit.Neuron).Take(options.Neurons).ToList();
        var neurons = context.Results.Table<LookedUpNeuron>("neurons", groupBy: 0, options.Signed ? [] : ["Sign"]);
        var table = context.Results.Table<LookedUpWord>("knowledge-lookup", groupBy: 3, options.Unasked("LargeNorm", "HighBias"));
        for (var rank = 1; rank <= shown.Count; rank++)
        {
            var (layer, neuron, score) = shown[rank - 1];
            var signs = options.Signed ? ValueSigns.Of(context, options, sides, sides.Compared(writes: false), layer, [neuron]) : null;
            neurons.Add(new LookedUpNeuron(rank, layer, neuron, score, signs?[0]));
            var vector = ParameterVectors.Gather(parameters.Rows(group, layer), [neuron]);
            var list = similar.Of(sides.Compared(writes), signs is null ? vector : ValueSigns.Times(vector, signs), Similarity.Dot)[0];
            foreach (var (at, id) in list.Ids.Index())
            {
                table.Add(new LookedUpWord(rank, layer, neuron, at + 1, model.Token(id), list.Scores[at], similar.IsLargeNorm(id), similar.IsHighBias(list)));
            }
        }
    }

    /// <summary>The mean of the centred embeddings of the seed words, <c>1 x d_model</c>.</summary>
    private static Matrix Query(AnalysisContext context, Matrix vocabulary, string[] words)
    {
        var sum = new double[vocabulary.Columns];
        var row = new float[vocabulary.Columns];
        foreach (var word in words)
        {
            var ids = WordForm(context, word);
            foreach (var id in ids)
            {
                vocabulary.CopyRow(id, row);
                for (var at = 0; at < row.Length; at++)
                {
                    sum[at] += row[at] / (double)ids.Length;
                }
            }
        }

        var mean = new double[vocabulary.Columns];
        for (var token = 0; token < vocabulary.Rows; token++)
        {
            vocabulary.CopyRow(token, row);
            for (var at = 0; at < row.Length; at++)
            {
                mean[at] += row[at];
            }
        }

        return new Matrix(sum.Select((value, at) => (float)((value / words.Length) - (mean[at] / vocabulary.Rows))).ToArray(), 1, sum.Length);
    }

    /// <summary>' word' where that is one token, else 'word', else the pieces of ' word'; says which.</summary>
    private static int[] WordForm(AnalysisContext context, string given)
    {
        var (tokenizer, word) = (context.Model.Tokenizer!, WhiteSpace.Strip(given));
        var ids = tokenizer.Encode(" " + word);
        if (ids.Length != 1 && tokenizer.Encode(word) is { Length: > 0 } bare && (bare.Length == 1 || tokenizer.StartsWord(bare[0])))
        {
            ids = bare; // 'word' itself, or SentencePiece, which puts the space in front by itself.
        }

        if (ids.Length == 0 || ids.Any(id => id == tokenizer.UnkId))
        {
            throw new UsageException($"'{word}' is not in the vocabulary of model '{context.Model.Config.Name}'; give another word.");
        }

        var form = ids.Length > 1 ? $"mean of {ids.Length} pieces"
            : tokenizer.ContinuationMark is not null ? "a whole word"
            : tokenizer.StartsWord(ids[0]) ? "with leading space" : "without leading space";
        context.Results.Note($"word '{word}': {form} (id {string.Join(' ', ids)})");
        return ids;
    }

    private static void Promotes(AnalysisContext context, KnowledgeLookupOptions options, VocabularySides sides, string word)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var target = new float[config.DModel];
        Compared(options, sides, writes: true).CopyRow(Single(context, "--promotes", word), target);
        context.Results.Note(NoteLine.Of(
            $"values and W_O on {sides.Name(writes: true)}", $"weights {config.ProcessingName}", options.Center ? "the word minus the mean over the vocabulary" : null));
        var (column, parameters) = (new Matrix(target, target.Length, 1), new ParameterVectors(model));
        var (neurons, heads) = (new List<PromotingNeuron>(), new List<PromotingHead>());
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            context.Progress.Report(new Progress(layer, config.NLayers, $"layer {layer}"));
            if (!config.AttnOnly)
            {
                var best = context.Compute.TopRows(new Matrix(target, 1, target.Length), parameters.Rows(ParameterGroup.V, layer), new RowQuery { K = options.Neurons });
                neurons.AddRange(Enumerable.Range(0, best.K).Select(at => new PromotingNeuron(0, layer, best.Ids[at], best.Scores[at])));
            }

            for (var head = 0; head < config.NHeads; head++)
            {
                var pushes = context.Compute.Multiply(model.WO(layer, head), column).Data.ToArray();
                var strongest = Enumerable.Range(0, pushes.Length).MaxBy(at => Math.Abs(pushes[at]));
                heads.Add(new PromotingHead(0, layer, head, Math.Sqrt(pushes.Sum(push => (double)push * push)), strongest, pushes[strongest]));
            }
        }

        var (one, other) = (context.Results.Table<PromotingNeuron>("promoting-neurons"), context.Results.Table<PromotingHead>("promoting-heads"));
        foreach (var (rank, neuron) in neurons.OrderByDescending(item => item.Score).ThenBy(item => item.Layer).ThenBy(item => item.Neuron).Take(options.Neurons).Index())
        {
            one.Add(neuron with { Rank = rank + 1 });
        }

        foreach (var (rank, head) in heads.OrderByDescending(item => item.Score).ThenBy(item => item.Layer).ThenBy(item => item.Head).Take(options.Neurons).Index())
        {
            other.Add(head with { Rank = rank + 1 });
        }
    }

    /// <summary>For each head <c>e_x W_V W_O u_y</c>, and the place of y among all tokens that the head writes when it attends to x.</summary>
    private static void Maps(AnalysisContext context, KnowledgeLookupOptions options, VocabularySides sides, string from, string to)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var (input, output) = (Single(context, "--from", from), Single(context, "--to", to));
        var keep = BpeFilters.Mask(model, options);
        if (keep is not null && !keep[output])
        {
            throw new UsageException($"--to '{to}': the token filters leave this token out.");
        }

        var read = new float[config.DModel];
        Compared(options, sides, writes: false).CopyRow(input, read);
        var outputs = Compared(options, sides, writes: true);
        context.Results.Note(NoteLine.Of(
            $"input side {sides.Name(writes: false)}, output side {sides.Name(writes: true)}",
            "biases and norms left out",
            $"weights {config.ProcessingName}",
            ComparisonNote.Of(options),
            PaddingNote.Of(model, options)));
        var found = new List<HeadMapping>();
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            for (var head = 0; head < config.NHeads; head++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var value = context.Compute.Multiply(new Matrix(read, 1, read.Length), model.WV(layer, head));
                var written = context.Compute.Multiply(value, model.WO(layer, head));
                var scores = outputs.Scores(context.Compute, written, options.Cosine);
                var place = 1;
                for (var token = 0; token < scores.Length; token++)
                {
                    var before = scores[token] > scores[output] || (scores[token] == scores[output] && token < output);
                    place += before && keep?[token] != false ? 1 : 0;
                }

                found.Add(new HeadMapping(0, layer, head, scores[output], place));
            }
        }

        var table = context.Results.Table<HeadMapping>("mappings");
        var rank = 0;
        foreach (var mapping in found.OrderByDescending(item => item.Score).ThenBy(item => item.Layer).ThenBy(item => item.Head))
        {
            table.Add(mapping with { Rank = ++rank });
        }
    }

    private static NormedVocabulary Compared(KnowledgeLookupOptions options, VocabularySides sides, bool writes) =>
        options.Center ? sides.Compared(writes).Centred : sides.Compared(writes);

    private static int Single(AnalysisContext context, string option, string word) => WordForm(context, word) is [var only]
        ? only
        : throw new UsageException($"{option} '{word}': expected a word that is one token, found several pieces.");
}

/// <summary>A neuron that stands for the seed words.</summary>
/// <param name="Rank">1 = best of all layers.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Score">Product of its vector with the query.</param>
/// <param name="Sign">With <c>--signed</c>: 1 or -1, the side of the value whose words are listed.</param>
public sealed record LookedUpNeuron(int Rank, int Layer, int Neuron, double Score, int? Sign = null);

/// <summary>A word of such a neuron.</summary>
/// <param name="NeuronRank">Rank of the neuron.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">A token of the vector's list.</param>
/// <param name="Score">Its product with the vector; compared as the note says.</param>
/// <param name="LargeNorm">With <c>--flags</c>: whether the token has a large norm.</param>
/// <param name="HighBias">With <c>--flags</c>: whether the list is made of tokens with a high bias in the logits.</param>
public sealed record LookedUpWord(int NeuronRank, int Layer, int Neuron, int Rank, Token Token, double Score, bool? LargeNorm = null, bool? HighBias = null);

/// <summary>A neuron that promotes the word.</summary>
/// <param name="Rank">1 = best.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Score">Product of its value with the word's embedding.</param>
public sealed record PromotingNeuron(int Rank, int Layer, int Neuron, double Score);

/// <summary>A head that can write the word.</summary>
/// <param name="Rank">1 = most.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Score"><c>‖W_O u_y‖</c>: the most that a z of length 1 adds to the word's logit, norms left out.</param>
/// <param name="Dimension">Dimension of the head with the largest part in it.</param>
/// <param name="DimensionScore">Product of that row of W_O with the word's embedding; its sign is that of z.</param>
public sealed record PromotingHead(int Rank, int Layer, int Head, double Score, int Dimension, double DimensionScore);

/// <summary>How a head maps one word to another.</summary>
/// <param name="Rank">1 = largest score of all heads.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Head">Query head.</param>
/// <param name="Score">e_x W_V W_O u_y: change of y's logit per unit of attention to x, norms left out.</param>
/// <param name="OutputRank">Place of y among all tokens that the head writes for x; 1 = first.</param>
public sealed record HeadMapping(int Rank, int Layer, int Head, double Score, int OutputRank);
