using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>finetune-diff</c> on every checkpoint and a copy with a few edits finds these edits, and their words are the naive ones.</summary>
public sealed class FinetuneDiffCheckpointTests
{
    private const int K = 8;

    [Test]
    public void Words_EditedVectors_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] EmbeddingChoice embedding) =>
        AssertWords(name, new FinetuneDiffOptions { Embedding = embedding });

    [Test]
    public void Words_PaddingKept_EqualTheNaiveLists([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Padded))] string name) =>
        AssertWords(name, new FinetuneDiffOptions { Padding = Padding.Keep });

    [Test]
    public void SameModelTwice_IsSaidToBeIdentical([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), CheckpointModels.Get(name), secondModel: CheckpointModels.Get(name));

        Assert.That(results.Notes, Has.Some.Contains("identical"));
        Assert.That(results.Rows<DiffWord>("finetune-diff"), Is.Empty);
    }

    /// <summary>Two elements of every matrix of the last layer move, each in a vector of its own.</summary>
    private static void AssertWords(string name, FinetuneDiffOptions options)
    {
        var model = CheckpointModels.Get(name);
        var layer = model.Config.NLayers - 1;
        string[] matrices = model.Config.AttnOnly ? [] : model.Config.GatedMlp ? ["mlp.W_gate", "mlp.W_in", "mlp.W_out"] : ["mlp.W_in", "mlp.W_out"];
        var tuned = EditedModel.With(model, new[] { "attn.W_Q", "attn.W_K", "attn.W_V", "attn.W_O" }.Concat(matrices)
            .Select(matrix => $"blocks.{layer}.{matrix}")
            .SelectMany(matrix => new[] { (matrix, 1, 0.25f), (matrix, model.Weight(matrix).Data.Length - 2, -0.5f) }));

        var results = TestRun.Execute(new FinetuneDiff.FinetuneDiff(), model, options with { K = K, Changed = 100 }, secondModel: tuned);

        var (before, after) = (new NaiveWeights(model), new NaiveWeights(tuned));
        var changed = results.Rows<ChangedVector>("changed").ToDictionary(row => (row.Group, row.Layer, row.Index), row => row.Norm);
        var words = results.Rows<DiffWord>("finetune-diff").ToLookup(row => (row.Group, row.Layer, row.Index));
        string[] keys = model.Config.AttnOnly ? [] : model.Config.GatedMlp ? ["K", "K_in", "V"] : ["K", "V"];
        foreach (var group in keys.Concat(["W_Q", "W_K", "W_V", "W_O"]))
        {
            double[][] moves = [.. after.Vectors(group, layer).Zip(before.Vectors(group, layer), (tunedVector, vector) => tunedVector.Zip(vector, (y, x) => y - x).ToArray())];
            int[] moved = [.. Enumerable.Range(0, moves.Length).Where(at => moves[at].Any(value => value != 0))];
            var tokens = before.Vocabulary(NaiveWeights.Writes(group), $"{options.Embedding}");
            bool Keep(int id) => options.Padding == Padding.Keep || CheckpointModels.HasText(name, id);
            Assert.That(moved, Has.Length.EqualTo(2), group);
            Assert.That(changed.Keys.Where(key => key.Group == group), Is.EquivalentTo(moved.Select(at => (group, layer, at))));
            foreach (var at in moved)
            {
                double[] scores = Array.ConvertAll(tokens, token => NaiveWeights.Dot(moves[at], token));
                var list = words[(group, layer, at)].ToList();
                Assert.That(changed[(group, layer, at)], Is.EqualTo(Math.Sqrt(NaiveWeights.Dot(moves[at], moves[at]))).Within(1e-6));
                NaiveLists.AssertTop(list.Select(row => row.Diff.Id), scores, K, $"{group} {at}", Keep, list.Select(row => row.DiffScore));
                NaiveLists.AssertTop(list.Select(row => row.Negative.Id), Array.ConvertAll(scores, score => -score), K, $"{group} {at}, negated", Keep, list.Select(row => row.NegativeScore));
            }

            var summary = results.Rows<GroupChange>("groups").Single(row => row.Group == group);
            Assert.That((summary.Layer, summary.Moved), Is.EqualTo((layer, 2)));
            Assert.That(summary.MeanNorm, Is.EqualTo(moved.Average(at => Math.Sqrt(NaiveWeights.Dot(moves[at], moves[at])))).Within(1e-6));
        }
    }
}
