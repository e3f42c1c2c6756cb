using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>effective-rank</c> of matrices whose singular values are known.</summary>
public sealed class EffectiveRankTests : AnalysisTests<EffectiveRank>
{
    private const int D = VectorModels.D;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new EffectiveRankOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1") }),
        new(Fake, new EffectiveRankOptions()),
        new(Fake, new EffectiveRankOptions { Values = true }),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void KnownSingularValues_GiveKnownRanks()
    {
        // W_Q of head 0 has singular values 2, 2, 2; of head 1 one, 5; of head 2 none; of head 3 10, 1 and 0.1: of the energy 101.01 the first two hold 99.99 %.
        var model = VectorModels.Make().WithWeight("blocks.1.attn.W_Q", data =>
        {
            Array.Clear(data);
            void Set(int head, int row, int column, float value) => data[(((head * D) + row) * 3) + column] = value;
            Set(0, 0, 0, 2);
            Set(0, 4, 1, 2);
            Set(0, 7, 2, -2);
            Set(1, 3, 1, 3);
            Set(1, 5, 1, 4);
            Set(3, 0, 0, 10);
            Set(3, 1, 1, 1);
            Set(3, 2, 2, 0.1f);
        });

        var rows = TestRun.Execute(new EffectiveRank(), model, new EffectiveRankOptions { Layer = Selection.Parse("1") }).Rows<MatrixRank>("effective-rank").Where(row => row.Matrix == "W_Q").ToList();

        Assert.That(rows.Select(row => (row.Rank99, row.Rank999, row.NumericRank)), Is.EqualTo(new[] { (3, 3, 3), (1, 1, 1), (0, 0, 0), (1, 2, 3) }));
        Assert.That(rows.Select(row => row.LargestSingularValue), Is.EqualTo(new[] { 2.0, 5, 0, 10 }).Within(1e-6));
        Assert.That(rows.Select(row => row.StableRank), Is.EqualTo(new[] { 3, 1, 0, 1.0101 }).Within(1e-6));
        Assert.That(rows[..3].Select(row => row.EntropyRank), Is.EqualTo(new[] { 3.0, 1, 0 }).Within(1e-6));
    }

    [Test]
    public void Product_HasTheRankOfItsNarrowerFactor()
    {
        // W_O of head 1 has one row left, so W_V W_O has one direction whatever W_V is.
        var model = VectorModels.Make().WithWeight("blocks.0.attn.W_O", data => Array.Clear(data, 3 * D, 2 * D));

        var row = TestRun.Execute(new EffectiveRank(), model, new EffectiveRankOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1") }).Rows<MatrixRank>("effective-rank").Single(rank => rank.Matrix == "W_OV");

        Assert.That((row.Rank99, row.Rank999, row.NumericRank), Is.EqualTo((1, 1, 1)));
    }

    [Test]
    public void KeyValueHead_StandsBesideTheFirstChosenOfItsQueryHeads()
    {
        var rows = TestRun.Execute(new EffectiveRank(), VectorModels.Make(), new EffectiveRankOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1-3") }).Rows<MatrixRank>("effective-rank");

        Assert.That(rows.Where(row => row.Matrix == "W_K").Select(row => row.Head), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(rows.Where(row => row.Matrix == "W_OV").Select(row => row.Head), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void Figures_AreTheCurveOfEachHeadOfALayer_AndTheMeanOfSeveral()
    {
        var one = TestRun.Execute(new EffectiveRank(), VectorModels.Make(), new EffectiveRankOptions { Layer = Selection.Parse("1"), Values = true });
        var two = TestRun.Execute(new EffectiveRank(), VectorModels.Make(), new EffectiveRankOptions { Values = true });

        var (curve, mean, map) = ((Chart)one.Figures["curve-w-ov"], (Chart)two.Figures["curve-w-ov"], (Heatmap)two.Figures["rank-w-k"]);
        double[] third = [.. one.Rows<HeadSingularValue>("singular-values").Where(value => (value.Matrix, value.Head) == ("W_OV", 2)).Select(value => value.Value)];
        Assert.That(curve.Series[2].Values, Is.EqualTo(third.Select(value => (double?)value)));
        Assert.That(mean.Series.Select(series => series.Name), Is.EqualTo(new[] { "layer 0", "layer 1" }));
        Assert.That(mean.Series[1].Values[0], Is.EqualTo(curve.Series.Average(series => series.Values[0])).Within(1e-12));
        Assert.That(map.Values[1].Select(value => value is null), Is.EqualTo(new[] { false, true, false, true }));
    }
}
