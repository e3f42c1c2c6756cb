using PluginLens.Plugins.AttentionTokens;

namespace PluginLens.Plugins.Tests;

public sealed class UniqueTokensTests : FollowerTests<UniqueTokens>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new UniqueTokensOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new UniqueTokensOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new UniqueTokensOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_DistinctTokensAndTheirFigures()
    {
        using var run = Dataset();

        var results = Execute(new UniqueTokensOptions { From = run.Path, Ranks = 1 });

        Assert.That(results.Rows<UniqueTokenRow>("unique-tokens").Select(row => (row.Layer, row.Head, row.Tokens, row.Counted, row.MostFrequent.Id, row.Share)), Is.EqualTo(new[]
        {
            (0, 0, 3, 4L, 5, 0.5), (0, 1, 1, 3, 7, 1), (1, 0, 2, 3, 3, 2 / 3.0),
        }));
        Assert.That(((Scatter)results.Figures["unique-by-head"]).Points.Select(point => (point.X, point.Y, point.Label, point.Group)), Is.EqualTo(new[]
        {
            (0.0, 3.0, "L0H0", "layer 0"), (1, 1, "L0H1", "layer 0"), (2, 2, "L1H0", "layer 1"),
        }));
        Assert.That(((Scatter)results.Figures["unique-by-layer"]).Points.Select(point => point.X), Is.EqualTo(new[] { 0.0, 1, 0 }));
        Assert.That(((Scatter)results.Figures["frequency-by-rank"]).Points.Select(point => (point.X, point.Y)), Is.EqualTo(new[] { (1.0, 2.0), (1, 3), (1, 2) }));
    }
}
