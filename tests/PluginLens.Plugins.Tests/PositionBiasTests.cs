using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>position-bias</c> of a head that was made to look one position back.</summary>
public sealed class PositionBiasTests : AnalysisTests<PositionBias>
{
    private const int D = VectorModels.D;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new PositionBiasOptions { Layer = Selection.Parse("0"), K = 2 }),
        new(Fake, new PositionBiasOptions { K = 2 }),
        new(Fake, new PositionBiasOptions { K = 2, Curves = true }),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => ["llama", "gemma2", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Rotary;

    [Test]
    public void HeadThatLooksBack_HasThePreviousPositionFirst()
    {
        // Position p is axis p. Head 2 takes axes 4, 5, 6 into its three dimensions, and its key head has axes 3, 4, 5 there.
        var model = Positions(VectorModels.Make(), place => Axis(place))
            .WithWeight("blocks.0.attn.W_Q", data => Shift(data, 2, first: 4))
            .WithWeight("blocks.0.attn.W_K", data => Shift(data, 1, first: 3));

        var results = TestRun.Execute(new PositionBias(), model, new PositionBiasOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("2"), Position = 5, K = 3, Curves = true });

        Assert.That(results.Rows<PositionRank>("position-bias").Select(row => (row.Position, row.Offset, row.Score)), Is.EqualTo(new[] { (4, -1, 1.0), (0, -5, 0.0), (1, -4, 0.0) }));
        Assert.That(results.Rows<PositionScore>("curves").Select(row => row.Score), Is.EqualTo(new double[] { 0, 0, 0, 0, 1, 0, 0, 0 }));
        Assert.That(((Chart)results.Figures["layer-0"]).Series.Single().Values, Is.EqualTo(new double?[] { 0, 0, 0, 0, 1, 0, 0, 0 }));
    }

    [Test]
    public void KeySide_IsThePositionThatLooksHere()
    {
        var model = Positions(VectorModels.Make(), place => Axis(place))
            .WithWeight("blocks.0.attn.W_Q", data => Shift(data, 2, first: 4))
            .WithWeight("blocks.0.attn.W_K", data => Shift(data, 1, first: 3));

        var first = TestRun.Execute(new PositionBias(), model, new PositionBiasOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("2"), Position = 5, Side = PatternSide.Key }).Rows<PositionRank>("position-bias")[0];

        Assert.That((first.Position, first.Score), Is.EqualTo((6, 1.0)));
    }

    [Test]
    public void Word_IsAdded()
    {
        // The word is axis 6 less the position's own: together they stand where position 6 stands.
        var model = Positions(VectorModels.Make(), place => Axis(place)).WithWeight("embed.W_E", data =>
        {
            Array.Clear(data, 9 * D, D);
            (data[(9 * D) + 6], data[(9 * D) + 2]) = (1, -1);
        });

        var shifted = TestRun.Execute(new PositionBias(), model, new PositionBiasOptions { Position = 2, Word = "w9" });
        var plain = TestRun.Execute(new PositionBias(), model, new PositionBiasOptions { Position = 6 });

        Assert.That(shifted.Rows<PositionRank>("position-bias").Select(row => (row.Position, row.Score)), Is.EqualTo(plain.Rows<PositionRank>("position-bias").Select(row => (row.Position, row.Score))));
        Assert.That(shifted.Notes, Has.Some.Contains("position 2 of 8 with the word ' w9'"));
    }

    [Test]
    public void Means_AreThoseOfTheCurves_AndOfCurvesOfLengthOne()
    {
        var results = TestRun.Execute(new PositionBias(), VectorModels.Make(), new PositionBiasOptions { Score = Similarity.Dot, Curves = true });

        var curves = results.Rows<PositionScore>("curves").GroupBy(row => (row.Layer, row.Head)).Select(curve => curve.Select(row => row.Score).ToArray()).ToList();
        var chart = (Chart)results.Figures["mean"];
        Assert.That(curves, Has.Count.EqualTo(8));
        Assert.That(chart.Series[0].Values[3], Is.EqualTo(curves.Average(curve => curve[3])).Within(1e-12));
        Assert.That(chart.Series[1].Values[3], Is.EqualTo(curves.Average(curve => curve[3] / Math.Sqrt(curve.Sum(value => value * value)))).Within(1e-12));
        Assert.That(results.Figures.Keys, Is.EquivalentTo(new[] { "layer-0", "layer-1", "mean" }));
    }

    [Test]
    public void Position_IsTheMiddle_OrCountsFromTheEnd_OrIsRefused()
    {
        Assert.That(TestRun.Execute(new PositionBias(), VectorModels.Make()).Notes, Has.Some.StartsWith("position 4 of 8 as query"));
        Assert.That(TestRun.Execute(new PositionBias(), VectorModels.Make(), new PositionBiasOptions { Position = -1 }).Notes, Has.Some.StartsWith("position 7 of 8"));
        Assert.That(
            () => TestRun.Execute(new PositionBias(), VectorModels.Make(), new PositionBiasOptions { Position = 8 }),
            Throws.TypeOf<UsageException>().With.Message.EqualTo("--position 8: expected 0 to 7, or -8 to -1 to count from the end."));
        Assert.That(() => TestRun.Plan(new PositionBias(), VectorModels.Make(), new PositionBiasOptions { Position = -9 }), Throws.TypeOf<UsageException>());
    }

    private static FakeModel Positions(FakeModel model, Func<int, float[]> row) =>
        model.WithWeight("pos_embed.W_pos", [.. Enumerable.Range(0, 8).SelectMany(row)], 8, D);

    private static float[] Axis(int axis) => [.. Enumerable.Range(0, D).Select(at => at == axis ? 1f : 0)];

    private static void Shift(float[] data, int head, int first)
    {
        Array.Clear(data);
        for (var column = 0; column < 3; column++)
        {
            data[(((head * D) + first + column) * 3) + column] = 1;
        }
    }
}
