using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>align-layers</c> on every checkpoint: a twin with permuted layers is found out, and S equals dense correlations.</summary>
public sealed class AlignLayersCheckpointTests
{
    [Test]
    public void Twin_LayersTurnedRound_IsAlignedToItsPermutation(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] AlignmentSpace space)
    {
        var model = CheckpointModels.Get(name);
        int[] order = [.. Enumerable.Range(0, model.Config.NLayers).Select(layer => (layer + 1) % model.Config.NLayers)];

        var rows = TestRun.Execute(new AlignLayers(), model, new AlignLayersOptions { Space = space }, secondModel: EditedModel.WithLayers(model, order)).Rows<AssignedLayer>("assignment");

        Assert.That(rows, Has.Count.EqualTo((model.Config.AttnOnly ? 4 : 6) * order.Length));
        Assert.That(rows.Select(row => row.OtherLayer), Is.EqualTo(rows.Select(row => (int?)Array.IndexOf(order, row.Layer))));
    }

    [Test]
    public void Similarity_EqualsTheMeanOfDenseCorrelations(
        [ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] AlignmentSpace space) =>
        AssertSimilarities(name, new AlignLayersOptions { Space = space });

    [Test]
    public void Similarity_OutputEmbedding_EqualsTheMeanOfDenseCorrelations([Values("llama", "gpt_neox", "attn-only-2l")] string name) =>
        AssertSimilarities(name, new AlignLayersOptions { Embedding = EmbeddingChoice.Output });

    [Test]
    public void Similarity_KeysOfTheLinearBranch_EqualsTheMeanOfDenseCorrelations([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Gated))] string name) =>
        AssertSimilarities(name, new AlignLayersOptions { Key = GatedKey.In });

    /// <summary>The first layer with itself and with the last one: all correlations between their vectors, key-value heads once.</summary>
    private static void AssertSimilarities(string name, AlignLayersOptions options)
    {
        var model = CheckpointModels.Get(name);
        var last = model.Config.NLayers - 1;

        var rows = TestRun.Execute(new AlignLayers(), model, options, secondModel: model).Rows<LayerSimilarity>("align-layers");

        var weights = new NaiveWeights(model);
        var tokens = options.Embedding == EmbeddingChoice.Output ? weights.Columns("unembed.W_U") : weights.Rows("embed.W_E");
        foreach (var group in rows.GroupBy(row => row.Group))
        {
            double[][] Shown(int layer)
            {
                var vectors = weights.Vectors(group.Key == "K" && options.Key == GatedKey.In ? "K_in" : group.Key, layer);
                return NaiveAlgebra.Standardised(options.Space == AlignmentSpace.Raw ? vectors : NaiveWeights.Products(vectors, tokens));
            }

            var (first, other) = (Shown(0), Shown(last));
            double Of(int layer, int with) => group.Single(row => row.Layer == layer && row.OtherLayer == with).Similarity;
            Assert.That(group.Count(), Is.EqualTo((last + 1) * (last + 1)));
            Assert.That(Of(0, 0), Is.EqualTo(Mean(first, first)).Within(1e-9), group.Key);
            Assert.That(Of(0, last), Is.EqualTo(Mean(first, other)).Within(1e-9), group.Key);
        }
    }

    private static double Mean(double[][] x, double[][] y) => NaiveWeights.Products(x, y).Average(row => row.Average(Math.Abs));
}
