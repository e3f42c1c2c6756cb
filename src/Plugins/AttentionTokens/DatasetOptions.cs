namespace PluginLens.Plugins.AttentionTokens;

/// <summary>Options of the analyses that go on from the dataset of <c>attention-tokens</c>.</summary>
public record DatasetOptions : AttentionReadingOptions
{
    /// <summary>A stored run.</summary>
    [Help("The folder of a run of attention-tokens (its --out); without it the dataset is computed from the prompts.")]
    public string From { get; init; } = string.Empty;

    /// <summary>Which of its columns.</summary>
    [Help("Which tokens: hadamard, dot, q, k or v.")]
    public AttentionComponent Component { get; init; }
}

/// <summary>What is counted.</summary>
public enum CountOf
{
    /// <summary>Every cell: a query's token counts once for each key before it, as in the document.</summary>
    Cells,

    /// <summary>Every position once.</summary>
    Positions,
}
