namespace PluginLens.Toolkit.Tests;

public sealed class TokenSetsTests
{
    [Test]
    public void MeanJaccard_IsTheMeanOverPairs()
    {
        var random = new Random(3);
        int[][] lists = [.. Enumerable.Range(0, 20).Select(at => Enumerable.Range(0, 15).Where(_ => random.Next(3) == 0).ToArray()), [], [], [40, 41]];

        var pairs = from i in Enumerable.Range(0, lists.Length) from j in Enumerable.Range(i + 1, lists.Length - i - 1) select TokenSets.Jaccard(lists[i], lists[j]);
        Assert.That(TokenSets.MeanJaccard(lists), Is.EqualTo(pairs.Average()).Within(1e-12).And.GreaterThan(0.05));
    }

    [Test]
    public void MeanJaccard_OfOneList_IsRefused() => Assert.That(() => TokenSets.MeanJaccard([[1]]), Throws.TypeOf<ArgumentOutOfRangeException>());
}
