using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>composition-scores</c> on every checkpoint equals the Frobenius norms of the formed products.</summary>
public sealed class CompositionScoresCheckpointTests
{
    private static IEnumerable<string> Names => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void Scores_EqualTheFormula([ValueSource(nameof(Names))] string name, [Values] NormFolding fold)
    {
        var model = CheckpointModels.Get(name);
        var options = new CompositionOptions { K = 100000, Fold = fold, Samples = 2 };
        if (fold != NormFolding.None && !NaiveCircuits.Folds(model))
        {
            Assert.That(() => TestRun.Execute(new CompositionScores(), model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith("--fold "));
            Assert.That(() => TestRun.Plan(new CompositionScores(), model, options), Throws.TypeOf<UsageException>());
            return;
        }

        var rows = TestRun.Execute(new CompositionScores(), model, options).Rows<Composition>("composition-scores");

        var (layers, heads, naive) = (model.Config.NLayers, model.Config.NHeads, new NaiveCircuits(model, fold));
        Assert.That(rows, Has.Count.EqualTo(3 * heads * heads * layers * (layers - 1) / 2));
        Assert.That(rows.Select(row => (row.Kind, row.FromLayer, row.FromHead, row.ToLayer, row.ToHead)), Is.Unique);
        var formed = new Dictionary<(int, int, string), double[][]>();
        double[][] Matrix(int layer, int head, string matrix) => formed.TryGetValue((layer, head, matrix), out var known) ? known : formed[(layer, head, matrix)] = naive.Head(layer, head, matrix);
        foreach (var row in rows)
        {
            var x = Matrix(row.FromLayer, row.FromHead, "W_OV");
            var y = Matrix(row.ToLayer, row.ToHead, row.Kind == CompositionKind.V ? "W_OV" : "W_QK");
            y = row.Kind == CompositionKind.K ? NaiveWeights.Transposed(y) : y;
            Assert.That(row.Score, Is.EqualTo(NaiveCircuits.Norm(NaiveWeights.Multiply(x, y)) / (NaiveCircuits.Norm(x) * NaiveCircuits.Norm(y))).Within(1e-6), $"{row}");
        }

        foreach (var kind in rows.GroupBy(row => row.Kind))
        {
            Assert.That(kind.Select(row => row.Score), Is.Ordered.Descending);
            Assert.That(kind.Select(row => row.Rank), Is.EqualTo(Enumerable.Range(1, kind.Count())));
        }
    }
}
