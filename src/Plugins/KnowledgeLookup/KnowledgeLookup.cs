namespace PluginLens.Plugins;

/// <summary>
/// Looks up where a model keeps a set of words: <c>q</c> = mean over seed words of <c>e_w - mu</c>, mu the mean embedding; every FFN value (or key)
/// of all layers is ranked by its product with q. <c>--promotes</c> asks the other way: which neurons and head dimensions rank a word highest among all tokens.
/// Dar et al., "Analyzing Transformers in Embedding Space", section 4.1 and appendix C.4.
/// </summary>
[Holds(Verdict.Undefined, Trait.AttentionOnly, "there are no MLPs")]
[Holds(Verdict.Undefined, Trait.Experts, "neurons belong to experts")]
[Holds(Verdict.Undefined, Trait.NoTokenizer, "words need a tokenizer")]
[Holds(Verdict.Approximate, Trait.NoUnembed, "there is no unembedding: W_E stands on the value side too")]
[Holds(Verdict.Approximate, Trait.MaskedLmHead, "the masked-LM head between the last block and the unembedding is left out")]
[Holds(Verdict.Approximate, Trait.SublayerNorm, "a norm follows each sublayer and is left out")]
[Holds(Verdict.Approximate, Trait.PostNorm, "a norm follows each residual sum and is left out")]
public sealed class KnowledgeLookup : Analysis<KnowledgeLookupOptions>
{
    /// <inheritdoc/>
    protected override void Run(AnalysisContext context, KnowledgeLookupOptions options)
    {
        if (options.Words is [] && options.Promotes is null)
        {
            throw new UsageException("Give seed words (--words python,java,javascript) or a word to explain (--promotes WORD).");
        }

        var embeddings = new Embeddings(context.Model, options.Embedding);
        if (options.Words is not [])
        {
            Lookup(context, options, embeddings);
        }

        if (options.Promotes is { } word)
        {
            Promotes(context, options, embeddings, word);
        }
    }

    private static void Lookup(AnalysisContext context, KnowledgeLookupOptions options, Embeddings embeddings)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var writes = options.Over == LookupOver.Values;
        var group = writes ? ParameterGroup.Values : ParameterGroup.Keys;
        var parameters = new Parameters(model);
        var vocabulary = embeddings.Of(writes);
        var query = Query(context, vocabulary, options.Words);
        context.Results.Note($"{Parameters.Name(group)} on {embeddings.Name(writes)}; weights {config.ProcessingName}");

        var best = new List<(int Layer, int Neuron, double Score)>();
        for (var layer = 0; layer < config.NLayers; layer++)
        {
            var scores = context.Compute.TopRows(query, parameters.Rows(group, layer), new RowQuery { K = options.Neurons });
            for (var at = 0; at < scores.K; at++)
            {
                best.Add((layer, scores.Ids[at], scores.Scores[at]));
            }
        }

        var shown = best.OrderByDescending(hit => hit.Score).ThenBy(hit => hit.Layer).ThenBy(hit => hit.Neuron).Take(options.Neurons).ToList();
        var words = new VectorWords(context, parameters, embeddings);
        var keep = options.Mask(model);
        var neurons = context.Results.Table<LookedUpNeuron>("neurons");
        var table = context.Results.Table<LookedUpWord>("knowledge-lookup", groupBy: 3);
        for (var rank = 1; rank <= shown.Count; rank++)
        {
            var (layer, neuron, score) = shown[rank - 1];
            neurons.Add(new LookedUpNeuron(rank, layer, neuron, score));
            var list = words.Few(VectorWords.Gather(parameters.Rows(group, layer), [neuron]), writes, options.K, keep);
            for (var at = 0; at < list.K; at++)
            {
                table.Add(new LookedUpWord(rank, layer, neuron, at + 1, model.Token(list.Ids[at]), list.Scores[at]));
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
    private static int[] WordForm(AnalysisContext context, string word)
    {
        var tokenizer = context.Model.Tokenizer!;
        var (spaced, bare) = (tokenizer.Encode(" " + word.Trim()), tokenizer.Encode(word.Trim()));
        var (ids, form) = spaced.Length == 1 ? (spaced, "with leading space") : bare.Length == 1 ? (bare, "without leading space") : (spaced, $"mean of {spaced.Length} pieces");
        if (ids.Length == 0)
        {
            throw new UsageException($"'{word}' has no tokens.");
        }

        context.Results.Note($"word '{word.Trim()}': {form} (id {string.Join(' ', ids)})");
        return ids;
    }

    private static void Promotes(AnalysisContext context, KnowledgeLookupOptions options, Embeddings embeddings, string word)
    {
        var (model, config) = (context.Model, context.Model.Config);
        var ids = WordForm(context, word);
        if (ids.Length > 1)
        {
            throw new UsageException($"--promotes '{word}': expected a word that is one token, found {ids.Length} pieces.");
        }

        var target = new float[config.DModel];
        embeddings.Writing.CopyRow(ids[0], target);
        var found = new List<Promoter>();
        foreach (var group in new[] { ParameterGroup.Values, ParameterGroup.WO })
        {
            for (var layer = 0; layer < config.NLayers; layer++)
            {
                context.Cancellation.ThrowIfCancellationRequested();
                var rows = new Parameters(model).Rows(group, layer);
                var best = context.Compute.TopRows(new Matrix(target, 1, target.Length), rows, new RowQuery { K = options.Neurons });
                for (var at = 0; at < best.K; at++)
                {
                    var index = best.Ids[at];
                    found.Add(group == ParameterGroup.Values
                        ? new Promoter(0, "neuron", layer, index, null, best.Scores[at])
                        : new Promoter(0, "head", layer, index / config.DHead, index % config.DHead, best.Scores[at]));
                }
            }
        }

        var table = context.Results.Table<Promoter>("promoters", groupBy: 0);
        var rank = 0;
        foreach (var promoter in found.OrderByDescending(item => item.Score).ThenBy(item => item.Layer).ThenBy(item => item.Index).Take(options.Neurons))
        {
            table.Add(promoter with { Rank = ++rank });
        }
    }
}

/// <summary>A neuron that stands for the seed words.</summary>
/// <param name="Rank">1 = best of all layers.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Score">Product of its vector with the query.</param>
public sealed record LookedUpNeuron(int Rank, int Layer, int Neuron, double Score);

/// <summary>A word of such a neuron.</summary>
/// <param name="NeuronRank">Rank of the neuron.</param>
/// <param name="Layer">Layer.</param>
/// <param name="Neuron">Neuron.</param>
/// <param name="Rank">1 = best.</param>
/// <param name="Token">A token of the vector's list.</param>
/// <param name="Score">Its product with the vector.</param>
public sealed record LookedUpWord(int NeuronRank, int Layer, int Neuron, int Rank, Token Token, double Score);

/// <summary>Something that promotes the word.</summary>
/// <param name="Rank">1 = best.</param>
/// <param name="Kind"><c>neuron</c> (FFN value) or <c>head</c> (row of W_O).</param>
/// <param name="Layer">Layer.</param>
/// <param name="Index">Neuron or head.</param>
/// <param name="Dimension">Dimension of the head; empty for neurons.</param>
/// <param name="Score">Product of the vector with the word's embedding.</param>
public sealed record Promoter(int Rank, string Kind, int Layer, int Index, int? Dimension, double Score);

/// <summary>Options of <c>knowledge-lookup</c>.</summary>
public sealed record KnowledgeLookupOptions : TokenFilter
{
    /// <summary>Seed words.</summary>
    [Help("Seed words, separated by commas: python,java,javascript.")]
    public string[] Words { get; init; } = [];

    /// <summary>Inverted lookup.</summary>
    [Help("A word (one token): which FFN values and rows of W_O have the largest product with it.")]
    public string? Promotes { get; init; }

    /// <summary>Which vectors.</summary>
    [Help("Vectors that are ranked: values or keys.")]
    public LookupOver Over { get; init; }

    /// <summary>Vectors shown.</summary>
    [Help("Vectors shown.")]
    public int Neurons { get; init; } = 5;

    /// <summary>Tokens per vector.</summary>
    [Help("Tokens per vector.")]
    public int K { get; init; } = 30;

    /// <summary>Embedding matrix.</summary>
    [Help("Matrix of the words. auto: W_U for values, W_E for keys; input: W_E; output: W_U.")]
    public EmbeddingChoice Embedding { get; init; }
}

/// <summary>Which FFN vectors are looked through.</summary>
public enum LookupOver
{
    /// <summary>FFN values.</summary>
    Values,

    /// <summary>FFN keys.</summary>
    Keys,
}
