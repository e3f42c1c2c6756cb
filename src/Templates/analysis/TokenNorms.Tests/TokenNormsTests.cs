namespace PluginLens.Plugins.Tests;

public sealed class TokenNormsTests
{
    private static FakeModel Random => FakeModel.Gpt2Like(
        new ModelConfig { DModel = 8, NHeads = 2, NLayers = 1, DHead = 4, DVocab = 50, NCtx = 4 }, seed: 1);

    [Test]
    public void Run_PlantedLongEmbedding_ComesFirst()
    {
        // Row 7 of W_E becomes (3, 4, 0, …): its norm is 5, far above the others.
        var model = Random.WithWeight("embed.W_E", rows =>
        {
            rows.AsSpan(7 * 8, 8).Clear();
            (rows[7 * 8], rows[(7 * 8) + 1]) = (3, 4);
        });

        var best = TestRun.Execute(new TokenNorms(), model).Rows<TokenNorm>("token-norms")[0];

        Assert.That(best, Is.EqualTo(new TokenNorm(1, model.Token(7), 5)));
    }

    [Test]
    public void Run_EqualsTheNaiveForm()
    {
        var rows = TestRun.Execute(new TokenNorms(), Random, new TokenNormsOptions { K = 50 }).Rows<TokenNorm>("token-norms");

        var naive = Enumerable.Range(0, 50).OrderByDescending(Naive).ThenBy(id => id).ToList();
        Assert.That(rows.Select(row => row.Token.Id), Is.EqualTo(naive));
        Assert.That(rows.Select(row => row.Norm), Is.EqualTo(naive.Select(Naive)).Within(1e-12));
    }

    [Test]
    public void Run_Filtered_ListsOnlyWhatPasses()
    {
        var model = Random.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, 50).Select(id => id % 2 == 0 ? $"é{id}" : $"e{id}")));

        var rows = TestRun.Execute(new TokenNorms(), model, new TokenNormsOptions { OnlyAscii = true, K = 50 }).Rows<TokenNorm>("token-norms");

        Assert.That(rows.Select(row => row.Token.Id % 2), Has.Exactly(25).EqualTo(1).And.All.EqualTo(1));
    }

    private static double Naive(int id) => Math.Sqrt(Random.WE.Row(id).ToArray().Sum(value => (double)value * value));
}
