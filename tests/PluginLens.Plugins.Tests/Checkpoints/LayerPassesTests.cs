using PluginLens.Numerics;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Passes of one layer each, every one from the state that the one before ended with, give the bits of a single pass.</summary>
public sealed class LayerPassesTests
{
    [Test]
    public void LayersOnePassEach_AreThoseOfOnePass([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);
        var context = new AnalysisContext { Models = [model], Compute = new CpuCompute(threads: 1), Results = new CollectedResults() };
        int[] layers = [.. Enumerable.Range(0, model.Config.NLayers)];
        float[][] Values(int? perPass) => [.. LayerPasses.Of(context, CheckpointModels.Prompts[0], layers, layer => [$"blocks.{layer}.hook_resid_post", $"blocks.{layer}.attn.hook_v"], perPass).SelectMany(pass => new[]
        {
            pass.Run[LayerPasses.Pattern(pass.Layer)].Data.ToArray(), pass.Run[$"blocks.{pass.Layer}.hook_resid_post"].Data.ToArray(), pass.Run[$"blocks.{pass.Layer}.attn.hook_v"].Data.ToArray(),
        })];

        Assert.That(Values(1), Has.Length.EqualTo(3 * layers.Length).And.EqualTo(Values(null)));
    }
}
