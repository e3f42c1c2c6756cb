using PluginLens.Plugins.Circuits;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>composition-scores</c> of heads that were made to read one another, and of random ones.</summary>
public sealed class CompositionScoresTests : AnalysisTests<CompositionScores>
{
    private const int D = VectorModels.D;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new CompositionOptions { Samples = 10, K = 1 }),
        new(Fake, new CompositionOptions { Samples = 10, K = 100 }),
        new(Fake, new CompositionOptions { Samples = 200, K = 100 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "openai-gpt", "llama", "gemma2", "mixtral", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void HeadWhoseKeysReadAnother_IsFound_AmongKeysOnly()
    {
        // Head 0.1 writes axis 3. The key head of heads 1.2 and 1.3 reads axis 3; of the two only 1.2 has a query, on axis 5, and all values read axis 6.
        var model = Cleared(VectorModels.Make(), "blocks.0.attn.W_V", "blocks.0.attn.W_O", "blocks.1.attn.W_Q", "blocks.1.attn.W_K", "blocks.1.attn.W_V", "blocks.1.attn.W_O");
        model = Set(Set(model, "blocks.0.attn.W_V", 0, D, 3, 7, 0, 2), "blocks.0.attn.W_O", 1, 3, D, 0, 3, -4);
        model = Set(Set(model, "blocks.1.attn.W_K", 1, D, 3, 3, 1, 5), "blocks.1.attn.W_Q", 2, D, 3, 5, 1, 1);
        model = Set(Set(model, "blocks.1.attn.W_V", 1, D, 3, 6, 2, 1), "blocks.1.attn.W_O", 3, 3, D, 2, 0, 1);

        var results = TestRun.Execute(new CompositionScores(), model, new CompositionOptions { K = 100, Baseline = Baseline.None });

        var rows = results.Rows<Composition>("composition-scores");
        var found = rows.Single(row => row.Score > 1e-6);
        Assert.That((found.Kind, found.FromLayer, found.FromHead, found.ToLayer, found.ToHead), Is.EqualTo((CompositionKind.K, 0, 1, 1, 2)));
        Assert.That((found.Rank, found.Score, found.Excess), Is.EqualTo((1, 1.0, 1.0)).Using<double>((x, y) => Math.Abs(x - y) < 1e-6));
        Assert.That(rows, Has.Count.EqualTo(48));
        Assert.That(((Heatmap)results.Figures["heads-k"]).Values[1][6], Is.EqualTo(1).Within(1e-6));
        Assert.That(((Heatmap)results.Figures["layers-k"]).Values[0][1], Is.EqualTo(1).Within(1e-6));
        Assert.That(((Heatmap)results.Figures["layers-k"]).Values[1], Is.All.Null);
    }

    [Test]
    public void Baseline_OfRandomHeads_IsNearTheOneOfRotations_AndFollowsTheSeed()
    {
        var baseline = TestRun.Execute(new CompositionScores(), VectorModels.Make(), new CompositionOptions { Samples = 400 }).Rows<CompositionBaseline>("baseline").Single();
        var again = TestRun.Execute(new CompositionScores(), VectorModels.Make(), new CompositionOptions { Samples = 400 }).Rows<CompositionBaseline>("baseline").Single();

        Assert.That(baseline.Rotation, Is.EqualTo(1 / Math.Sqrt(8)).Within(1e-12));
        Assert.That(Math.Sqrt((baseline.Mean * baseline.Mean) + (baseline.Deviation * baseline.Deviation)), Is.EqualTo(baseline.Rotation).Within(4 * baseline.Deviation / Math.Sqrt(400)));
        Assert.That(again, Is.EqualTo(baseline));
    }

    [TestCase(Baseline.Random)]
    [TestCase(Baseline.Rotation)]
    [TestCase(Baseline.None)]
    public void Excess_IsTheScoreLessTheBaseline(Baseline baseline)
    {
        var results = TestRun.Execute(new CompositionScores(), VectorModels.Make(), new CompositionOptions { Baseline = baseline, Samples = 20 });

        var measured = results.Rows<CompositionBaseline>("baseline").Single();
        var expected = baseline switch { Baseline.Random => measured.Mean, Baseline.Rotation => measured.Rotation, _ => 0 };
        Assert.That(results.Rows<Composition>("composition-scores").Select(row => row.Score - row.Excess), Is.All.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void Layers_AreThoseAskedFor_AndTheBestAreTheFirstOfAll()
    {
        var model = FakeModel.Gpt2Like(new ModelConfig { DModel = 8, NHeads = 3, NLayers = 4, DHead = 2, DVocab = 11, DMlp = 5, NCtx = 4 });
        var all = TestRun.Execute(new CompositionScores(), model, new CompositionOptions { K = 1000 }).Rows<Composition>("composition-scores");

        var some = TestRun.Execute(new CompositionScores(), model, new CompositionOptions { K = 1000, FromLayer = Selection.Parse("1,3"), ToLayer = Selection.Parse("0,2-3") }).Rows<Composition>("composition-scores");
        var few = TestRun.Execute(new CompositionScores(), model, new CompositionOptions { K = 4 }).Rows<Composition>("composition-scores");

        Assert.That(some.Select(row => (row.FromLayer, row.ToLayer)).Distinct(), Is.EquivalentTo(new[] { (1, 2), (1, 3) }));
        Assert.That(some.Select(row => row with { Rank = 0 }), Is.EqualTo(all.Where(row => row.FromLayer == 1).Select(row => row with { Rank = 0 })));
        Assert.That(few, Is.EqualTo(all.Where(row => row.Rank <= 4)));
    }

    [Test]
    public void NoLaterLayer_IsRefused() => Assert.That(
        () => TestRun.Execute(new CompositionScores(), VectorModels.Make(), new CompositionOptions { FromLayer = Selection.Parse("1") }),
        Throws.TypeOf<UsageException>().With.Message.EqualTo("--from-layer 1 --to-layer all: model 'model' has 2 layers; expected one of --from-layer before one of --to-layer."));

    private static FakeModel Cleared(FakeModel model, params string[] names) => names.Aggregate(model, (made, name) => made.WithWeight(name, Array.Clear));

    private static FakeModel Set(FakeModel model, string name, int head, int rows, int columns, int row, int column, float value) =>
        model.WithWeight(name, data => data[(((head * rows) + row) * columns) + column] = value);
}
