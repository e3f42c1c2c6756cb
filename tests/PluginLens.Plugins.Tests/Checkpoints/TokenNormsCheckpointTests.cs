using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>token-norms</c> on every checkpoint equals the lengths of all rows of W_E in float64, sorted.</summary>
public sealed class TokenNormsCheckpointTests
{
    [Test]
    public void Norms_EqualTheLengthsOfAllRows([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values(1, 7, 100_000)] int k, [Values] bool ascii)
    {
        var (model, options) = (CheckpointModels.Get(name), new TokenNormsOptions { K = k, OnlyAscii = ascii });
        var lengths = Array.ConvertAll(new NaiveWeights(model).Rows("embed.W_E"), row => Math.Sqrt(NaiveWeights.Dot(row, row)));
        var keep = options.Mask(model);
        var expected = Enumerable.Range(0, lengths.Length).Where(id => keep is null || keep[id]).OrderByDescending(id => lengths[id]).ThenBy(id => id).Take(k).ToArray();

        var rows = TestRun.Execute(new TokenNorms(), model, options).Rows<TokenNorm>("token-norms");

        Assert.That(rows.Select(row => (row.Rank, row.Token.Id)), Is.EqualTo(expected.Select((id, at) => (at + 1, id))));
        Assert.That(rows.Select(row => row.Norm), Is.EqualTo(expected.Select(id => lengths[id])).Within(1e-9));
    }
}
