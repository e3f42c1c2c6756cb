using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>effective-rank</c> on every checkpoint equals what the eigenvalues of the formed products say.</summary>
public sealed class EffectiveRankCheckpointTests
{
    private static IEnumerable<string> Names => CheckpointModels.All.Concat(CheckpointModels.Folded);

    [Test]
    public void Rows_EqualTheDefinitions([ValueSource(nameof(Names))] string name, [Values] NormFolding fold)
    {
        var model = CheckpointModels.Get(name);
        var options = new EffectiveRankOptions { Layer = Selection.Parse("1"), Fold = fold, Values = true };
        if (fold != NormFolding.None && !NaiveCircuits.Folds(model))
        {
            Assert.That(() => TestRun.Execute(new EffectiveRank(), model, options), Throws.TypeOf<UsageException>().With.Message.StartsWith($"--fold {$"{fold}".ToLowerInvariant()}: model '"));
            Assert.That(() => TestRun.Plan(new EffectiveRank(), model, options), Throws.TypeOf<UsageException>());
            return;
        }

        var results = TestRun.Execute(new EffectiveRank(), model, options);

        var (rows, values) = (results.Rows<MatrixRank>("effective-rank"), results.Rows<HeadSingularValue>("singular-values"));
        var repeats = model.Config.NHeads / model.Config.KeyValueHeads;
        Assert.That(rows.Select(row => (row.Head, row.Matrix)), Is.EqualTo(Enumerable.Range(0, model.Config.NHeads).SelectMany(head =>
            new[] { "W_Q", "W_K", "W_QK", "W_V", "W_O", "W_OV" }.Where(matrix => matrix is not ("W_K" or "W_V") || head % repeats == 0).Select(matrix => (head, matrix)))));
        foreach (var row in rows)
        {
            var expected = NaiveCircuits.SingularValues(new NaiveCircuits(model, fold).Head(1, row.Head, row.Matrix))[..model.Config.DHead];
            var own = values.Where(value => (value.Head, value.Matrix) == (row.Head, row.Matrix)).ToList();
            Assert.That(own.Select(value => value.Value), Is.EqualTo(expected).Within(1e-6 * expected[0]));
            AssertMeasures(row, expected, model.Config.DModel);
            Assert.That(own[^1].EnergyShare, Is.EqualTo(1).Within(1e-9));
        }
    }

    private static void AssertMeasures(MatrixRank row, double[] values, int extent)
    {
        double[] shares = [.. values.Select(value => value * value / values.Sum(other => other * other))];
        int Holding(double share) => Enumerable.Range(1, shares.Length).First(count => shares[..count].Sum() >= share);
        Assert.That((row.Rank99, row.Rank999), Is.EqualTo((Holding(0.99), Holding(0.999))));
        Assert.That(row.StableRank, Is.EqualTo(1 / shares[0]).Within(1e-5));
        Assert.That(row.EntropyRank, Is.EqualTo(Math.Exp(-shares.Where(share => share > 0).Sum(share => share * Math.Log(share)))).Within(1e-5));
        Assert.That(row.NumericRank, Is.EqualTo(values.Count(value => value > values[0] * extent * Math.Pow(2, -23))));
        Assert.That(row.LargestSingularValue, Is.EqualTo(values[0]).Within(1e-6 * values[0]));
        Assert.That(row.Norm, Is.EqualTo(Math.Sqrt(values.Sum(value => value * value))).Within(1e-6 * row.Norm));
    }
}
