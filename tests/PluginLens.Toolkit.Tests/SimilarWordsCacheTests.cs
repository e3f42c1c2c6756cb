namespace PluginLens.Toolkit.Tests;

public sealed class SimilarWordsCacheTests
{
    private static readonly VectorOptions[] Options =
    [
        new(), new() { Center = true }, new() { Cosine = CosineOf.Both }, new() { Cosine = CosineOf.Output }, new() { Padding = Padding.Keep }, new() { OnlyEnglish = true }, new() { WordInitial = true },
    ];

    /// <summary>One cache for all: what was asked for otherwise is another entry.</summary>
    [Test]
    public void Lists_WithACache_AreWhatTheyAreWithout()
    {
        // A letter or a digit first, with and without a space: each filter keeps others.
        var model = Models.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, Models.Sizes.DVocab - 3).Select(id => id % 3 == 0 ? $" w{id}" : id % 3 == 1 ? $"é{id}" : $"{id}")));
        var (cache, x, asked) = (new RememberedLists(), Models.Vectors(4, Models.Sizes.DModel), 0);
        foreach (var options in Options)
        {
            foreach (var (order, k) in new[] { (RowOrder.Largest, 3), (RowOrder.Smallest, 3), (RowOrder.Largest, 5) })
            {
                foreach (var key in new[] { "one", "other" })
                {
                    TokenList[] Lists(TopKCache lists) => new SimilarWords(Context.Of(model, lists), options, k).Of(new NormedVocabulary(model.WE, norm: null), key == "one" ? x : Models.Vectors(4, 12, seed: 8), Similarity.Dot, order, key);
                    var (found, expected) = (Lists(cache), Lists(new RememberedLists()));

                    Assert.That(found.Select(list => list.Ids), Is.EqualTo(expected.Select(list => list.Ids)), $"{options}, {order}, {k}");
                    Assert.That(found.Select(list => list.Scores), Is.EqualTo(expected.Select(list => list.Scores)), $"{options}, {order}, {k}");
                    asked++;
                }
            }
        }

        Assert.That(cache.Kept, Has.Count.EqualTo(asked));
    }
}
