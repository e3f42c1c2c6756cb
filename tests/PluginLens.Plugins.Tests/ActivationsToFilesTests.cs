using PluginLens.Plugins.States;

namespace PluginLens.Plugins.Tests;

/// <summary><c>activations</c> as every analysis.</summary>
public sealed class ActivationsToFilesTests : AnalysisTests<ActivationsToFiles>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new ActivationOptions { Hooks = ["blocks.0.hook_resid_pre"] }, CheckpointModels.Prompts),
        new(Gpt2, new ActivationOptions { Hooks = ["blocks.1.hook_resid_post"] }, CheckpointModels.Prompts),
        new(Gpt2, new ActivationOptions { Hooks = ["all"] }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];
}
