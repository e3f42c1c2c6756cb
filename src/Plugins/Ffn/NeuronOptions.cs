namespace PluginLens.Plugins.Ffn;

/// <summary>Options of analyses that show the words of neurons. A base for options records.</summary>
public record NeuronOptions : ListOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Tokens per list.</summary>
    [AtLeast(1)]
    [Help("Tokens per list.")]
    public int K { get; init; } = 10;

    /// <summary>Score.</summary>
    [Help("cosine or dot: how input weights are compared with the vocabulary under the norm before the MLP.")]
    public Similarity Score { get; init; }

    /// <summary>Vocabulary as it is.</summary>
    [Help("Compare input weights with the embeddings as they are, not under the norm before the MLP.")]
    public bool RawVocabulary { get; init; }

    /// <summary>Reading.</summary>
    [Help("How output weights are read: written: as the final norm scales them, without its bias, times W_U; written-cosine: as a cosine; cosine or dot: with W_E; final-norm: under the whole final norm, cosine with W_E; normed-vocabulary: cosine with W_E under it. auto: written, or cosine for post-norm models and encoders.")]
    public MessageReading Read { get; init; }

    /// <summary>Gated MLPs.</summary>
    [Help("Gated MLPs: whose columns are the input weights, gate (hook_pre) or in.")]
    public GatedKey Key { get; init; }

    /// <summary>The words as these options ask for them.</summary>
    /// <param name="context">The run.</param>
    internal NeuronWords Words(AnalysisContext context) => new(context, this, K, Score, Read, Key, RawVocabulary);

    /// <summary>What the words of some neurons of a layer cost.</summary>
    /// <param name="model">The model.</param>
    /// <param name="neurons">How many.</param>
    /// <param name="ends">Lists of each.</param>
    internal Cost CostOfWords(Model model, double neurons, int ends = 2)
    {
        MessageWords.Check(model, Read);
        return NeuronWords.CostOf(model, this, K, neurons, ends);
    }
}
