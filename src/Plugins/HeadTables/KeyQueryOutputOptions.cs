namespace PluginLens.Plugins.HeadTables;

/// <summary>Options of <c>key-query-output</c>.</summary>
public sealed record KeyQueryOutputOptions
{
    /// <summary>Layers.</summary>
    [Help("Layers: all, 3, 0,2-4; -1 is the last.")]
    public Selection Layer { get; init; } = Selection.All;

    /// <summary>Heads.</summary>
    [Help("Query heads: all, 3, 0,2-4; -1 is the last.")]
    public Selection Head { get; init; } = Selection.All;

    /// <summary>Keys per head.</summary>
    [AtLeast(1)]
    [Help("Keys listed of each head.")]
    public int Keys { get; init; } = 5;

    /// <summary>Queries per key.</summary>
    [AtLeast(1)]
    [Help("Queries listed of each key.")]
    public int Queries { get; init; } = 20;

    /// <summary>Outputs per key.</summary>
    [AtLeast(1)]
    [Help("Outputs listed of each key.")]
    public int Outputs { get; init; } = 20;

    /// <summary>Which weights.</summary>
    [Help("processed: the gains of the norms before the heads and before W_U multiplied into the matrices, what a LayerNorm subtracts taken out; raw: as stored.")]
    public HeadWeights Weights { get; init; }

    /// <summary>The norm itself.</summary>
    [Help("Heads read each token through the whole norm before them, ln1(W_E): centred, divided by its own scale, times the gain, plus the bias.")]
    public bool NormEmbedding { get; init; }

    /// <summary>The token that heads attend to by default.</summary>
    [AtLeast(0)]
    [Help("Id of the token whose QK value is subtracted for each query; without it the model's begin-of-sequence id.")]
    public int? BosId { get; init; }

    /// <summary>A text.</summary>
    [Help("Text file (UTF-8) whose tokens are counted: p of each token. Without it, and without --frequencies, tokens are equally likely.")]
    public string? Words { get; init; }

    /// <summary>A table of counts.</summary>
    [Help("The table token-freq.csv of a run of token-freq, in place of --words.")]
    public string? Frequencies { get; init; }

    /// <summary>Layout.</summary>
    [Help("document: also a file with the print of the source; needs --out.")]
    public Layout Layout { get; init; }

    /// <summary>The id of the baseline.</summary>
    /// <param name="config">The model.</param>
    internal int BosOf(ModelConfig config)
    {
        var bos = BosId ?? config.BosId ?? throw new UsageException($"Model '{config.Name}' names no begin-of-sequence token, whose QK value is the baseline; give its id (--bos-id).");
        return bos < config.DVocab ? bos : throw new UsageException($"--bos-id {bos}: model '{config.Name}' has tokens 0 to {config.DVocab - 1}.");
    }

    /// <summary>How likely tokens are.</summary>
    /// <param name="context">Model and cancellation.</param>
    internal TokenProbabilities Probabilities(AnalysisContext context) => (Words, Frequencies) switch
    {
        (null, null) => TokenProbabilities.Uniform(context.Model),
        ({ } path, null) => TokenProbabilities.OfText(context, path, "words"),
        (null, { } path) => TokenProbabilities.OfTable(context.Model, path, "frequencies"),
        _ => throw new UsageException("--words and --frequencies both say how likely tokens are; give one of them."),
    };
}

/// <summary>Which weights stand in the products.</summary>
public enum HeadWeights
{
    /// <summary>With the norms folded in.</summary>
    Processed,

    /// <summary>As stored.</summary>
    Raw,
}
