using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>token-norms</c> as every analysis.</summary>
public sealed class TokenNormsTests : AnalysisTests<TokenNorms>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenNormsOptions { K = 1 }),
        new(Gpt2, new TokenNormsOptions { K = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "openai-gpt"];

    protected override string[] Undefined => [];

    /// <summary>Rows of lengths 2, 5, 5 and 1: the lower id first where they tie.</summary>
    [Test]
    public void PlantedLengths_AreListed_LongestFirstAndTiesByTheLowerId()
    {
        var model = new FakeModel(new ModelConfig { DModel = 2, NHeads = 1, DHead = 2, NLayers = 1, DVocab = 4, NCtx = 4 }, new FakeTokenizer(["a", "b", "c", "d"]))
            .WithWeight("embed.W_E", [2, 0, 3, -4, -4, 3, 0, 1], 4, 2);

        var rows = TestRun.Execute(new TokenNorms(), model, new TokenNormsOptions { K = 3 }).Rows<TokenNorm>("token-norms");

        Assert.That(rows.Select(row => (row.Rank, row.Token.Id, row.Norm)), Is.EqualTo(new[] { (1, 1, 5.0), (2, 2, 5.0), (3, 0, 2.0) }));
    }
}
