namespace PluginLens.Toolkit.Tests;

public sealed class VectorWordsTests
{
    [Test]
    public void Of_IsTheTopOfEachVector_UnderAKeyWithTheToolkitsVersion([Values] ParameterGroup group)
    {
        var model = Models.Make(change: config => config with { NKeyValueHeads = 2, GatedMlp = true }).WithWeight("blocks.1.mlp.W_gate", Models.Vectors(12, 10).Data.ToArray(), 12, 10);
        var (cache, parameters, sides) = (new Keys(), new ParameterVectors(model), new VocabularySides(model));

        var lists = new VectorWords(Context.Of(model, cache), parameters, sides).Of(group, 1, 7);

        var rows = parameters.Rows(group, 1);
        Assert.That(rows.Rows, Is.EqualTo(group is ParameterGroup.WQ or ParameterGroup.WO ? 12 : group is ParameterGroup.WK or ParameterGroup.WV ? 6 : 10));
        for (var row = 0; row < rows.Rows; row++)
        {
            Naive.AssertTop(lists, row, Naive.Times(Vector(model, group, row), ParameterVectors.Writes(group) ? model.WU : model.WE.Transpose()));
        }

        Assert.That(cache.Seen, Has.Count.EqualTo(1).And.All.Contains($"{typeof(VectorWords).Module.ModuleVersionId}").And.All.Contains($"{parameters.Matrix(group)}.1.").And.All.Contains(".7."));
    }

    /// <summary>One cache for all: what was asked for otherwise is another entry.</summary>
    [Test]
    public void Of_WithACache_IsWhatItIsWithout()
    {
        var model = Models.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, Models.Sizes.DVocab - 3).Select(id => $" w{id}")));
        var (cache, parameters, sides) = (new RememberedLists(), new ParameterVectors(model), new VocabularySides(model));
        var asked = 0;
        foreach (var padding in Enum.GetValues<Padding>())
        {
            foreach (var order in Enum.GetValues<RowOrder>())
            {
                foreach (var k in new[] { 3, 5 })
                {
                    var (found, expected) = (
                        new VectorWords(Context.Of(model, cache), parameters, sides, padding).Of(ParameterGroup.V, 1, k, order),
                        new VectorWords(Context.Of(model, new RememberedLists()), parameters, sides, padding).Of(ParameterGroup.V, 1, k, order));
                    Assert.That((found.Ids, found.Scores), Is.EqualTo((expected.Ids, expected.Scores)), $"{padding}, {order}, {k}");
                    asked++;
                }
            }
        }

        Assert.That(cache.Kept, Has.Count.EqualTo(asked));
    }

    [Test]
    public void Gather_CopiesRowsOfAnyStride() => Assert.That(
        ParameterVectors.Gather(new Matrix(new float[] { 1, 2, 3, 4, 5, 6 }, 2, 3).Transpose(), [2, 0]).Data.ToArray(), Is.EqualTo([3f, 6, 1, 4]));

    private static double[] Vector(Model model, ParameterGroup group, int row) => group switch
    {
        ParameterGroup.K => Naive.Column(model.Weight("blocks.1.mlp.W_gate").AsMatrix(), row),
        ParameterGroup.KIn => Naive.Column(model.Weight("blocks.1.mlp.W_in").AsMatrix(), row),
        ParameterGroup.V => Naive.Row(model.Weight("blocks.1.mlp.W_out").AsMatrix(), row),
        ParameterGroup.WO => Naive.Row(model.Weight("blocks.1.attn.W_O")[row / 3].AsMatrix(), row % 3),
        _ => Naive.Column(model.Weight($"blocks.1.attn.W_{group.ToString()[1]}")[row / 3].AsMatrix(), row % 3),
    };

    private sealed class Keys : TopKCache
    {
        public List<string> Seen { get; } = [];

        public override RowTopK GetOrCompute(Model model, string key, int rows, int k, Func<RowTopK> compute)
        {
            Seen.Add(key);
            return compute();
        }
    }
}
