using PluginLens.Plugins.Ffn;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>ffn-keys-values</c> on every checkpoint with MLPs equals the products of keys and values with all tokens.</summary>
public sealed class FfnKeysValuesCheckpointTests
{
    private const int K = 12;
    private static readonly FfnKeysValuesOptions Every = new() { Select = NeuronSelection.Any, Sample = 0, K = K };

    [Test]
    public void Words_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name) => AssertWords(name, Every);

    [Test]
    public void Words_OneMatrixOnBothSides_EqualTheNaiveLists(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values(EmbeddingChoice.Input, EmbeddingChoice.Output)] EmbeddingChoice embedding) =>
        AssertWords(name, Every with { Embedding = embedding, Layer = Selection.Parse("-1") });

    [Test]
    public void Words_KeysOfTheLinearBranch_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name) =>
        AssertWords(name, Every with { Key = GatedKey.In, Layer = Selection.Parse("0"), Negative = true });

    [Test]
    public void Words_PaddingKept_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertWords(name, Every with { Padding = Padding.Keep, Layer = Selection.Parse("-1"), Negative = true });

    [Test]
    public void Overlaps_EqualTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name, [Values] GatedKey key)
    {
        var model = CheckpointModels.Get(name);

        var rows = TestRun.Execute(new FfnKeysValues(), model, Every with { Pool = 40, Layer = Selection.Parse("-1"), Key = key }).Rows<NeuronOverlap>("neurons");

        AssertOverlaps(rows, name, key, 40, id => CheckpointModels.HasText(name, id));
    }

    [Test]
    public void Overlaps_PaddingKept_EqualTheNaiveSets([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name)
    {
        var rows = TestRun.Execute(new FfnKeysValues(), CheckpointModels.Get(name), Every with { Pool = 40, Layer = Selection.Parse("-1"), Padding = Padding.Keep }).Rows<NeuronOverlap>("neurons");

        AssertOverlaps(rows, name, GatedKey.Gate, 40, _ => true);
    }

    [Test]
    public void Selections_KeepTheNeuronsWhoseSetsPass([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name)
    {
        IReadOnlyList<NeuronOverlap> Chosen(FfnKeysValuesOptions options) =>
            TestRun.Execute(new FfnKeysValues(), CheckpointModels.Get(name), options with { Pool = 40, Layer = Selection.Parse("-1"), Sample = 0 }).Rows<NeuronOverlap>("neurons");
        var all = Chosen(Every);
        var middle = all.Select(row => row.Overlap).Order().ElementAt(all.Count / 2);
        var jaccard = all.Select(row => row.Jaccard).Order().ElementAt(all.Count / 2);

        Assert.That(Chosen(new() { MinOverlap = middle }), Is.Not.Empty.And.EqualTo(all.Where(row => row.Overlap >= middle)));
        Assert.That(Chosen(new() { Select = NeuronSelection.Jaccard, MinJaccard = jaccard }), Is.EqualTo(all.Where(row => row.Jaccard > jaccard)));
    }

    private static void AssertWords(string name, FfnKeysValuesOptions options)
    {
        var model = CheckpointModels.Get(name);

        var results = TestRun.Execute(new FfnKeysValues(), model, options);

        var weights = new NaiveWeights(model);
        var (e, u) = (weights.Vocabulary(writes: false, $"{options.Embedding}"), weights.Vocabulary(writes: true, $"{options.Embedding}"));
        bool Keep(int id) => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id);
        foreach (var table in options.Negative ? new[] { "ffn-keys-values", "ffn-keys-values-negative" } : ["ffn-keys-values"])
        {
            var rows = results.Rows<KeyValueWords>(table);
            var layers = options.Layer.Of(model.Config.NLayers, "layer");
            Assert.That(rows, Has.Count.EqualTo(layers.Count * model.Config.DMlp * K));
            foreach (var inLayer in rows.GroupBy(row => row.Layer))
            {
                var keys = weights.Vectors(options.Key == GatedKey.In ? "K_in" : "K", inLayer.Key);
                var values = weights.Vectors("V", inLayer.Key);
                foreach (var list in inLayer.GroupBy(row => row.Neuron))
                {
                    var sign = table.EndsWith("negative", StringComparison.Ordinal) ? -1 : 1;
                    AssertTop(list.Select(row => row.Key.Id), keys[list.Key], e, list.Select(row => row.KeyScore), "key");
                    AssertTop(list.Select(row => row.Value.Id), values[list.Key], u, list.Select(row => row.ValueScore), "value");

                    void AssertTop(IEnumerable<int> found, double[] vector, double[][] tokens, IEnumerable<double> scores, string side) =>
                        NaiveLists.AssertTop(found, Array.ConvertAll(tokens, token => sign * NaiveWeights.Dot(vector, token)), K, $"{table} L{inLayer.Key} N{list.Key} {side}", Keep, scores);
                }
            }
        }
    }

    private static void AssertOverlaps(IReadOnlyList<NeuronOverlap> rows, string name, GatedKey key, int pool, Func<int, bool> keep)
    {
        var model = CheckpointModels.Get(name);
        var (weights, layer) = (new NaiveWeights(model), model.Config.NLayers - 1);
        int[][] Sets(string group) => Array.ConvertAll(
            NaiveWeights.Products(weights.Vectors(group, layer), weights.Vocabulary(NaiveWeights.Writes(group))), scores => NaiveLists.Top(scores, pool, keep));
        var (keys, values) = (Sets(key == GatedKey.In ? "K_in" : "K"), Sets("V"));
        Assert.That(rows.Select(row => row.Overlap), Is.EqualTo(keys.Zip(values, (x, y) => x.Intersect(y).Count())));
        Assert.That(rows.Select(row => row.Jaccard), Is.EqualTo(keys.Zip(values, (x, y) => x.Intersect(y).Count() / (double)x.Union(y).Count())).Within(1e-12));
    }
}
