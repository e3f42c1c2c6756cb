using PluginLens.Plugins.States;

namespace PluginLens.Plugins.Tests;

/// <summary><c>rk-final</c> as every analysis.</summary>
public sealed class RkFinalTests : AnalysisTests<RkFinal>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new RkOptions { K = 2, Positions = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new RkOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new RkOptions { K = 20 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => ["encoder", "mixtral"];
}
