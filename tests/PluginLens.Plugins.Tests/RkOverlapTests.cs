using PluginLens.Plugins.States;

namespace PluginLens.Plugins.Tests;

/// <summary><c>rk-overlap</c> as every analysis.</summary>
public sealed class RkOverlapTests : AnalysisTests<RkOverlap>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new RkOptions { Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new RkOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new RkOptions { K = 20 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["encoder", "mixtral"];
}
