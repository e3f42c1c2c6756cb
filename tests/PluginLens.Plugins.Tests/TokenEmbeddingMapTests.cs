using PluginLens.Plugins.AttentionTokens;

namespace PluginLens.Plugins.Tests;

public sealed class TokenEmbeddingMapTests : FollowerTests<TokenEmbeddingMap>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenEmbeddingMapOptions { Component = AttentionComponent.Q, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEmbeddingMapOptions { Component = AttentionComponent.Q }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEmbeddingMapOptions(), CheckpointModels.Prompts),
    ];

    [TestCase(TokenMapMethod.Pca)]
    [TestCase(TokenMapMethod.Tsne)]
    [TestCase(TokenMapMethod.Umap)]
    public void StoredRun_TheSameTokenLiesOnOneSpotForAllHeads(TokenMapMethod method)
    {
        using var run = Dataset();

        var results = Execute(new TokenEmbeddingMapOptions { From = run.Path, Method = method, Colour = MapColour.Head });

        var rows = results.Rows<HeadTokenPoint>("token-embedding-map");
        Assert.That(rows.Select(row => (row.Layer, row.Head, row.Token.Id, row.Frequency)), Is.EqualTo(new[] { (0, 0, 5, 2L), (0, 0, 3, 1), (0, 0, 7, 1), (0, 1, 7, 3), (1, 0, 3, 2), (1, 0, 7, 1) }));
        Assert.That(rows.GroupBy(row => row.Token.Id).Select(group => group.Select(row => (row.X, row.Y)).Distinct().Count()), Is.All.EqualTo(1));
        Assert.That(rows.Select(row => (row.X, row.Y)).Distinct().Count(), Is.EqualTo(3));
        Assert.That(((Scatter)results.Figures["token-embedding-map"]).Points.Select(point => point.Group).Distinct(), Is.EqualTo(new[] { "L0H0", "L0H1", "L1H0" }));
        Assert.That(results.Notes.Any(note => note.Contains("fewer tokens than --perplexity asks for", StringComparison.Ordinal)), Is.EqualTo(method == TokenMapMethod.Tsne));
    }

    [Test]
    public void TooFewTokens_OrOddOptions_AreRefused()
    {
        using var run = Dataset();

        Assert.That(() => Execute(new TokenEmbeddingMapOptions { From = run.Path, Component = AttentionComponent.V }), Throws.TypeOf<UsageException>().With.Message.Contains("too few for a map"));
        Assert.That(() => Execute(new TokenEmbeddingMapOptions { From = run.Path, Dimensions = 4 }), Throws.TypeOf<UsageException>().With.Message.Contains("expected 2 or 3"));
    }
}
