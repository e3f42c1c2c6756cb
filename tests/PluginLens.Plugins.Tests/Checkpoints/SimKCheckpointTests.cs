extern alias simk;
using PluginLens.Testing;
using simk::PluginLens.Plugins;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>sim-k</c> on every checkpoint equals Jaccard indices of naive sets, corresponding and over all pairs.</summary>
public sealed class SimKCheckpointTests
{
    private const int K = 25;

    private static IEnumerable<string> Names => CheckpointModels.Unpadded;

    private static IEnumerable<string> GatedNames => CheckpointModels.Gated.Intersect(Names);

    [Test]
    public void Rows_EqualTheNaiveMeans([ValueSource(nameof(Names))] string name, [Values] bool abs) => AssertRows(name, new SimKOptions { Abs = abs });

    [Test]
    public void Rows_OneMatrixOnBothSides_EqualTheNaiveMeans(
        [ValueSource(nameof(Names))] string name, [Values(EmbeddingChoice.Input, EmbeddingChoice.Output)] EmbeddingChoice embedding) =>
        AssertRows(name, new SimKOptions { Embedding = embedding });

    [Test]
    public void Rows_KeysOfTheLinearBranch_EqualTheNaiveMeans([ValueSource(nameof(GatedNames))] string name) => AssertRows(name, new SimKOptions { Key = GatedKey.In });

    private static void AssertRows(string name, SimKOptions options)
    {
        var model = CheckpointModels.Get(name);
        var layer = model.Config.NLayers - 1;

        var rows = TestRun.Execute(new SimK(), model, options with { K = K, Layer = Selection.Parse("-1") }).Rows<SimKRow>("sim-k");

        string[] pairs = model.Config.AttnOnly ? ["W_V-W_O", "W_Q-W_K"] : ["K-V", "W_V-W_O", "W_Q-W_K"];
        Assert.That(rows.Select(row => (row.Layer, row.Pair)), Is.EqualTo(pairs.Select(pair => (layer, pair))));
        foreach (var row in rows)
        {
            var groups = row.Pair.Split('-');
            var (left, right) = (Sets(name, groups[0] == "K" && options.Key == GatedKey.In ? "K_in" : groups[0], layer, options), Sets(name, groups[1], layer, options));
            Assert.That(row.Sim, Is.EqualTo(left.Zip(right, Jaccard).Average()).Within(1e-12), row.Pair);
            Assert.That(row.Random, Is.EqualTo((from x in left from y in right select Jaccard(x, y)).Average()).Within(1e-12), $"{row.Pair}, baseline");
        }
    }

    /// <summary>The set of each vector; key-value heads once for each of their query heads.</summary>
    private static HashSet<int>[] Sets(string name, string group, int layer, SimKOptions options)
    {
        var weights = new NaiveWeights(CheckpointModels.Get(name));
        var tokens = weights.Vocabulary(NaiveWeights.Writes(group), $"{options.Embedding}");
        return Array.ConvertAll(weights.Vectors(group, layer, byQueryHead: true), vector => NaiveLists.Top(
            Array.ConvertAll(tokens, token => options.Abs ? Math.Abs(NaiveWeights.Dot(vector, token)) : NaiveWeights.Dot(vector, token)), K, id => CheckpointModels.HasText(name, id)).ToHashSet());
    }

    private static double Jaccard(HashSet<int> x, HashSet<int> y)
    {
        var shared = x.Count(y.Contains);
        return shared / (double)(x.Count + y.Count - shared);
    }
}
