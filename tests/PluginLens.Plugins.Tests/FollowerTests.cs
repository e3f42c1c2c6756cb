using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What every analysis that goes on from the dataset of attention tokens is held to.</summary>
/// <typeparam name="TAnalysis">The analysis.</typeparam>
public abstract class FollowerTests<TAnalysis> : AnalysisTests<TAnalysis>
    where TAnalysis : IAnalysis, new()
{
    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    /// <summary>Head 0.0 reads as 5, 5, 7 and 3 in two prompts, 0.1 as 7 alone, 1.0 as 3 and 7; the values of all read as 2.</summary>
    private protected static StoredDataset Dataset() => new(
        (0, 0, 0, 0, 0, 4, 1, 5, 2), (0, 0, 0, 1, 0, 6, 0.25, 7, 2), (0, 0, 0, 1, 1, 6, 0.75, 5, 2),
        (0, 1, 0, 0, 0, 4, 1, 7, 2), (0, 1, 0, 1, 0, 6, 0.5, 7, 2), (0, 1, 0, 1, 1, 6, 0.5, 7, 2),
        (1, 0, 0, 0, 0, 4, 1, 3, 2), (1, 0, 0, 1, 0, 6, 0, 7, 2), (1, 0, 0, 1, 1, 6, 1, 3, 2),
        (0, 0, 1, 0, 0, 9, 1, 3, 2));

    private protected static CollectedResults Execute(object options) => TestRun.Execute(new TAnalysis(), StoredDataset.Model, options);
}
