using PluginLens.Numerics;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What an analysis is run with.</summary>
/// <param name="Model">Makes the model, or gives the open one.</param>
/// <param name="Options">Its options; null = the defaults.</param>
/// <param name="Prompts">What it reads, or null.</param>
/// <param name="SecondModel">For analyses of two models.</param>
public sealed record Example(Func<Model> Model, object? Options = null, Prompt[]? Prompts = null, Func<Model>? SecondModel = null)
{
    /// <summary>What it finds.</summary>
    public CollectedResults Execute(IAnalysis analysis, Compute? compute = null) => TestRun.Execute(analysis, Model(), Options, Prompts, SecondModel?.Invoke(), compute);

    /// <summary>What it says that this would cost.</summary>
    public Cost Plan(IAnalysis analysis) => TestRun.Plan(analysis, Model(), Options, Prompts, SecondModel?.Invoke())!;
}
