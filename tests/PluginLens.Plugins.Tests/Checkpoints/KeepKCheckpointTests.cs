using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>keep-k</c> on every checkpoint equals cosines of dense Gram matrices, for E and for its pseudo-inverse.</summary>
public sealed class KeepKCheckpointTests
{
    [Test]
    public void Rows_HiddenStates_EqualTheDenseFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values(EmbeddingChoice.Auto, EmbeddingChoice.Input)] EmbeddingChoice embedding)
    {
        var model = CheckpointModels.Get(name);
        string[] hooks = [.. Enumerable.Range(0, model.Config.NLayers).Select(layer => NaiveStates.Output(model, layer))];
        var states = from run in CheckpointModels.Prompts.Select(prompt => model.Run(new ModelInput(prompt.Tokens), hooks))
                     from hook in hooks
                     from position in Enumerable.Range(0, run[hook].Shape[1])
                     select NaiveStates.At(run[hook], position);

        AssertRows(model, new KeepKOptions { X = Vectors.Hidden, Embedding = embedding }, [.. states]);
    }

    [Test]
    public void Rows_Values_EqualTheDenseFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.WithMlps))] string name)
    {
        // A sample is the first rows of all layers' values in an order that the seed shuffles.
        var model = CheckpointModels.Get(name);
        var weights = new NaiveWeights(model);
        double[][] values = [.. Enumerable.Range(0, model.Config.NLayers).SelectMany(layer => weights.Vectors("V", layer))];
        new Random(0).Shuffle(values);

        AssertRows(model, new KeepKOptions { X = Vectors.Values, Samples = 30 }, values[..30]);
    }

    private static void AssertRows(Model model, KeepKOptions options, double[][] x)
    {
        int[] sizes = [2, 40, 300, model.Config.DVocab];
        var rows = TestRun.Execute(new KeepK(), model, options with { K = sizes }, CheckpointModels.Prompts).Rows<KeepKRow>("keep-k");

        var e = new NaiveWeights(model).Vocabulary(writes: true, $"{options.Embedding}");
        var (direct, inverse) = (NaiveWeights.Products(x, e), NaiveWeights.Products(x, NaiveAlgebra.TransposedPseudoInverse(e)));
        var truth = NaiveWeights.Products(x, x);
        Assert.That(rows.Select(row => row.K), Is.EqualTo(sizes));
        foreach (var row in rows)
        {
            var (kept, other) = (Keep(direct, row.K), Keep(inverse, row.K));
            Assert.That(row.Transpose, Is.EqualTo(Cosine(truth, NaiveWeights.Products(kept, kept))).Within(1e-5), $"E, k = {row.K}");
            Assert.That(row.PseudoInverse, Is.EqualTo(Cosine(truth, NaiveWeights.Products(kept, other))).Within(1e-5), $"pseudo-inverse, k = {row.K}");
        }

        Assert.That(rows[^1].PseudoInverse, Is.EqualTo(1).Within(1e-5), "exact where all entries are kept");
    }

    private static double[][] Keep(double[][] rows, int k) => Array.ConvertAll(rows, row =>
    {
        var kept = NaiveLists.Top(Array.ConvertAll(row, Math.Abs), k).ToHashSet();
        return row.Select((value, at) => kept.Contains(at) ? value : 0).ToArray();
    });

    private static double Cosine(double[][] a, double[][] b)
    {
        double[] x = [.. a.SelectMany(row => row)], y = [.. b.SelectMany(row => row)];
        return NaiveWeights.Dot(x, y) / Math.Sqrt(NaiveWeights.Dot(x, x) * NaiveWeights.Dot(y, y));
    }
}
