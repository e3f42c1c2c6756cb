using PluginLens.Testing;

namespace PluginLens.Toolkit.Tests;

/// <summary>Norms put into weights change nothing of what a normed state gives.</summary>
public sealed class FoldedWeightsTests
{
    private static readonly ModelConfig Sizes = new() { DModel = 6, NHeads = 2, NLayers = 1, DHead = 3, DVocab = 7, DMlp = 5, NCtx = 4 };
    private static readonly FakeModel Model = Gains(FakeModel.Gpt2Like(Sizes));

    [Test]
    public void None_IsTheWeightItself() => Assert.That(new FoldedWeights(Model, NormFolding.None, "--fold").WQ(0, 1), Is.EqualTo(Model.WQ(0, 1)));

    [Test]
    public void Read_OfAStateWithoutMean_IsThatOfTheGainedState([Values(NormFolding.Gain, NormFolding.Full)] NormFolding folding)
    {
        var weights = new FoldedWeights(Model, folding, "--fold");
        float[] state = [1, -2, 0.5f, 3, -1.5f, -1];

        foreach (var (folded, plain, gain) in new[]
        {
            (weights.WQ(0, 1), Model.WQ(0, 1), "ln1"), (weights.WK(0, 1), Model.WK(0, 1), "ln1"), (weights.WV(0, 0), Model.WV(0, 0), "ln1"),
            (weights.MlpReads(0, "W_in"), Model.Weight("blocks.0.mlp.W_in").AsMatrix(), "ln2"),
        })
        {
            var gained = state.Zip(Model.Weight($"blocks.0.{gain}.w").Data.ToArray(), (value, by) => value * by).ToArray();
            Assert.That(Times(state, folded), Is.EqualTo(Times(gained, plain)).Within(1e-5));
        }
    }

    [Test]
    public void Full_ReadsNoMean_AndWritesNone()
    {
        var weights = new FoldedWeights(Model, NormFolding.Full, "--fold");

        Assert.That(Times([2, 2, 2, 2, 2, 2], weights.WV(0, 1)), Is.All.EqualTo(0).Within(1e-5));
        Assert.That(Enumerable.Range(0, 3).Select(row => weights.WO(0, 1).Row(row).ToArray().Sum()), Is.All.EqualTo(0).Within(1e-5));
        Assert.That(Enumerable.Range(0, 5).Select(row => weights.WOut(0).Row(row).ToArray().Sum()), Is.All.EqualTo(0).Within(1e-5));
    }

    [Test]
    public void Full_OfRmsNorm_TakesNoMeanAway()
    {
        var model = Model.WithConfig(config => config with { Norm = "RMS" });

        var (gain, full) = (new FoldedWeights(model, NormFolding.Gain, "--fold"), new FoldedWeights(model, NormFolding.Full, "--fold"));

        Assert.That(full.WQ(0, 0).Data.ToArray(), Is.EqualTo(gain.WQ(0, 0).Data.ToArray()));
        Assert.That(full.WO(0, 0), Is.EqualTo(model.WO(0, 0)));
        Assert.That(full.Description, Is.EqualTo("gains of the norms in the weights"));
    }

    [TestCase("post", "normalises after each sum, so no norm of its own stands before heads and neurons")]
    [TestCase("after", "has norms after its sublayers only")]
    public void NoNormBefore_IsRefused_UnlessNothingIsAskedFor(string placement, string because)
    {
        var model = Model.WithConfig(config => config with { NormPlacement = placement });

        Assert.That(new FoldedWeights(model, NormFolding.None, "--fold").Description, Is.Null);
        Assert.That(() => new FoldedWeights(model, NormFolding.Gain, "--fold"), Throws.TypeOf<UsageException>().With.Message.EqualTo($"--fold gain: model 'model' {because}; use --fold none."));
    }

    [Test]
    public void NormalNumbers_HaveMeanZeroAndVarianceOne_AndFollowTheSeed()
    {
        var numbers = NormalNumbers.Matrix(new Random(3), 100, 200);

        float[] data = numbers.Data.ToArray();
        Assert.That(data.Average(), Is.EqualTo(0).Within(0.03));
        Assert.That(data.Average(value => value * value), Is.EqualTo(1).Within(0.04));
        Assert.That(NormalNumbers.Matrix(new Random(3), 100, 200).Data.ToArray(), Is.EqualTo(data));
    }

    private static FakeModel Gains(FakeModel model) => new[] { "blocks.0.ln1.w", "blocks.0.ln2.w" }.Aggregate(model, (made, name) => made.WithWeight(name, data =>
    {
        for (var at = 0; at < data.Length; at++)
        {
            data[at] = 0.5f + (0.3f * at);
        }
    }));

    private static float[] Times(float[] x, Matrix matrix)
    {
        var product = new float[matrix.Columns];
        var row = new float[matrix.Columns];
        for (var at = 0; at < x.Length; at++)
        {
            matrix.CopyRow(at, row);
            for (var column = 0; column < row.Length; column++)
            {
                product[column] += x[at] * row[column];
            }
        }

        return product;
    }
}
