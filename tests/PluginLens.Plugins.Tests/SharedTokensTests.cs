using PluginLens.Plugins.AttentionTokens;

namespace PluginLens.Plugins.Tests;

public sealed class SharedTokensTests : FollowerTests<SharedTokens>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new SharedTokensOptions { Component = AttentionComponent.V, Layer = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new SharedTokensOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new SharedTokensOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_IntersectionsOfPairs_AndTheirHeatMap()
    {
        using var run = Dataset();

        var results = Execute(new SharedTokensOptions { From = run.Path });

        Assert.That(results.Rows<SharedTokenRow>("shared-tokens"), Is.EqualTo(new[]
        {
            new SharedTokenRow(0, 0, 0, 1, 1, "w7", "7"), new SharedTokenRow(0, 0, 1, 0, 2, "w3 w7", "3,7"), new SharedTokenRow(0, 1, 1, 0, 1, "w7", "7"),
        }));
        var map = (Heatmap)results.Figures["shared-tokens"];
        Assert.That(map.YLabels, Is.EqualTo(new[] { "0.0", "0.1", "1.0" }));
        Assert.That(map.Values, Is.EqualTo(new double?[][] { [null, null, null], [1, null, null], [2, 1, null] }));
        Assert.That(Execute(new SharedTokensOptions { From = run.Path, List = 1 }).Rows<SharedTokenRow>("shared-tokens")[1], Is.EqualTo(new SharedTokenRow(0, 0, 1, 0, 2, "w3", "3")));
    }
}
