using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>sim-k</c> on every checkpoint equals Jaccard indices of naive sets, corresponding and over all pairs.</summary>
public sealed class SimKCheckpointTests
{
    private const int K = 25;

    [Test]
    public void Rows_EqualTheNaiveMeans([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] bool abs) => AssertRows(name, new SimKOptions { Abs = abs });

    [Test]
    public void Rows_OneMatrixOnBothSides_EqualTheNaiveMeans(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values(EmbeddingChoice.Input, EmbeddingChoice.Output)] EmbeddingChoice embedding) =>
        AssertRows(name, new SimKOptions { Embedding = embedding });

    [Test]
    public void Rows_KeysOfTheLinearBranch_EqualTheNaiveMeans([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name) => AssertRows(name, new SimKOptions { Key = GatedKey.In });

    [Test]
    public void Rows_PaddingKept_EqualTheNaiveMeans([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertRows(name, Given.Option<SimKOptions>("padding", "keep"), keepPadding: true);

    private static void AssertRows(string name, SimKOptions options, bool keepPadding = false)
    {
        var model = CheckpointModels.Get(name);
        var layer = model.Config.NLayers - 1;

        var rows = TestRun.Execute(new SimK(), model, options with { K = K, Layer = Selection.Parse("-1") }).Rows<SimKRow>("sim-k");

        string[] pairs = model.Config.AttnOnly ? ["W_V-W_O", "W_Q-W_K"] : ["K-V", "W_V-W_O", "W_Q-W_K"];
        Assert.That(rows.Select(row => (row.Layer, row.Pair)), Is.EqualTo(pairs.Select(pair => (layer, pair))));
        foreach (var row in rows)
        {
            var groups = row.Pair.Split('-');
            var (left, right) = (Sets(groups[0] == "K" && options.Key == GatedKey.In ? "K_in" : groups[0]), Sets(groups[1]));
            Assert.That(row.Sim, Is.EqualTo(left.Zip(right, Jaccard).Average()).Within(1e-12), row.Pair);
            Assert.That(row.Random, Is.EqualTo((from x in left from y in right select Jaccard(x, y)).Average()).Within(1e-12), $"{row.Pair}, baseline");
        }

        // The set of each vector; key-value heads once for each of their query heads.
        HashSet<int>[] Sets(string group)
        {
            var weights = new NaiveWeights(model);
            var tokens = weights.Vocabulary(NaiveWeights.Writes(group), $"{options.Embedding}");
            return Array.ConvertAll(weights.Vectors(group, layer, byQueryHead: true), vector => NaiveLists.Top(
                Array.ConvertAll(tokens, token => options.Abs ? Math.Abs(NaiveWeights.Dot(vector, token)) : NaiveWeights.Dot(vector, token)), K, id => keepPadding || CheckpointModels.HasText(name, id)).ToHashSet());
        }
    }

    private static double Jaccard(HashSet<int> x, HashSet<int> y)
    {
        var shared = x.Count(y.Contains);
        return shared / (double)(x.Count + y.Count - shared);
    }
}
