using PluginLens.Plugins.Interventions;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>ablate</c> says of a head and a neuron that were planted.</summary>
public sealed class AblateTests : AnalysisTests<Ablate>
{
    private static readonly Prompt[] One = [new(null, [3, 12])];

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AblateOptions { Unit = AblationUnit.Attention, Layer = Selection.Parse("1"), K = 1 }, CheckpointModels.Prompts),
        new(Gpt2, new AblateOptions(), CheckpointModels.Prompts),
        new(Gpt2, new AblateOptions { Unit = AblationUnit.Neuron, Position = Selection.All }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => ["encoder"];

    /// <summary>Head 2 of layer 1 writes token 12, neuron 7 of layer 0 holds it back.</summary>
    [Test]
    public void HeadAndNeuron_ThatMatter_AreFound()
    {
        var heads = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Token = "w12" }, One);
        var neurons = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Token = "w12", Unit = AblationUnit.Neuron }, One);

        AssertOnly(heads, AblatedKind.Head, 1, 2, -PlantedStream.Squared);
        AssertOnly(neurons, AblatedKind.Neuron, 0, 7, PlantedStream.Squared / 2);
        Assert.That(heads.Rows<StrongestAblation>("strongest")[0].Ablated, Is.EqualTo("L1H2"));
        Assert.That(heads.Rows<AblationEffect>("ablate")[0].Accuracy, Is.EqualTo(1), "--token is what should follow the last token");
        Assert.That(TestRun.Execute(new Ablate(), PlantedStream.Model, prompts: One).Rows<AblationEffect>("ablate")[0].Accuracy, Is.Null, "nothing follows it");

        static void AssertOnly(CollectedResults results, AblatedKind kind, int layer, int index, double change)
        {
            var rows = results.Rows<AblationEffect>("ablate");
            Assert.That(rows.Where(row => row.LogitChange != 0).Select(row => (row.Kind, row.Layer, row.Index)), Is.EqualTo(new (AblatedKind, int?, int?)[] { (kind, layer, index) }));
            Assert.That(rows.Single(row => row.LogitChange != 0).LogitChange, Is.EqualTo(change).Within(1e-5));
            Assert.That(rows.Where(row => row.LogitChange == 0).Select(row => row.Kl), Is.All.Zero);
            Assert.That(rows.Single(row => row.LogitChange != 0).Kl, Is.GreaterThan(1e-4));
        }
    }

    [Test]
    public void Together_IsTheSumHere_AndRandomSetsAreOthers()
    {
        var options = new AblateOptions { Token = "w12", Heads = [new(1, 2), new(0, 1)], Together = true, Draws = 5 };
        var rows = TestRun.Execute(new Ablate(), PlantedStream.Model, options, One).Rows<AblationEffect>("ablate");

        Assert.That(rows.Select(row => row.Kind), Is.EqualTo(new[] { AblatedKind.Nothing, AblatedKind.Set, AblatedKind.Random, AblatedKind.Random, AblatedKind.Random, AblatedKind.Random, AblatedKind.Random }));
        Assert.That(rows[1].Ablated, Is.EqualTo("L1H2+L0H1"));
        Assert.That(rows[1].LogitChange, Is.EqualTo(-PlantedStream.Squared).Within(1e-5));
        Assert.That(rows.Skip(2).Select(row => row.LogitChange), Is.All.Zero);
        Assert.That(rows.Skip(2).Select(row => row.Ablated), Has.None.Contains("L1H2").And.None.Contains("L0H1").And.All.Contains("+"));
    }

    [Test]
    public void RandomSets_FollowTheSeedAlone()
    {
        string[] Sets(int seed) => [.. TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Heads = [new(1, 2)], Draws = 4 }, One, seed: seed).Rows<AblationEffect>("ablate").Skip(2).Select(row => row.Ablated)];

        string[] once = [.. Enumerable.Range(0, 4).SelectMany(Sets)], again = [.. Enumerable.Range(0, 4).SelectMany(Sets)];
        Assert.That(again, Is.EqualTo(once));
        Assert.That(once.Chunk(4).Select(sets => string.Join(' ', sets)).Distinct().Count(), Is.GreaterThan(1));
    }

    [Test]
    public void Labels_AreTheAnswers()
    {
        var rows = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Labels = true, Heads = [new(1, 2)] }, [new(null, [3], "w12"), new(null, [4], "w12"), new(null, [5, 6], "w9")]).Rows<AblationEffect>("ablate");

        Assert.That(rows[0].Accuracy, Is.EqualTo(2 / 3.0).Within(1e-12));
        Assert.That(rows[1].Accuracy, Is.LessThan(0.5));
    }

    [Test]
    public void Sequences_AreReadWhereTheyRepeat()
    {
        var results = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Sequences = 2, Length = 3, Layer = Selection.Parse("1") });

        Assert.That(results.Notes, Has.Some.StartsWith("random: 2 sequences of 6 tokens").And.Some.Contains("positions 3-4"));
    }

    [Test]
    public void Figures_ShowHeadsAsAMapAndOthersAsBars()
    {
        var heads = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Token = "w12" }, One).Figures;
        var layers = TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { Token = "w12", Unit = AblationUnit.Mlp }, One).Figures;

        Assert.That(((Heatmap)heads["logit"]).Values[1][2], Is.EqualTo(-PlantedStream.Squared).Within(1e-5));
        Assert.That(((Chart)layers["logit"]).XLabels, Is.EqualTo(new[] { "L0 MLP", "L1 MLP" }));
        Assert.That(((Chart)layers["logit"]).Series[0].Values[0], Is.EqualTo(PlantedStream.Squared / 2).Within(1e-5));
    }

    private static IEnumerable<TestCaseData> Refused()
    {
        yield return new TestCaseData(new AblateOptions { Heads = [new(2, 0)] }, "--heads 2.0: model 'model' has layers 0 to 1, heads 0 to 3.");
        yield return new TestCaseData(new AblateOptions { Neurons = [new(0, 10)] }, "--neurons 0.10: model 'model' has layers 0 to 1, neurons 0 to 9.");
        yield return new TestCaseData(new AblateOptions { Hooks = ["ln_final.hook_scale"] }, "--hooks ln_final.hook_scale: it stands behind the last block");
        yield return new TestCaseData(new AblateOptions { Hooks = ["blocks.0.hook_nothing"] }, "--hooks 'blocks.0.hook_nothing': no such hook in model 'model'; did you mean");
        yield return new TestCaseData(new AblateOptions { Unit = AblationUnit.Attention, Draws = 1 }, "--draws 1: expected --heads or --neurons");
        yield return new TestCaseData(new AblateOptions { Heads = [new(0, 0)], Together = true, Draws = 1, Head = Selection.Parse("0"), Layer = Selection.Parse("0") }, "--draws 1: expected --heads or --neurons, and at least 1 others");
        yield return new TestCaseData(new AblateOptions { Labels = true }, "--labels: prompt 0 has no label");
        yield return new TestCaseData(new AblateOptions { Labels = true, Token = "w1" }, "--labels takes each prompt's label");
        yield return new TestCaseData(new AblateOptions { Sequences = 2 }, "--sequences 2 takes random tokens");
        yield return new TestCaseData(new AblateOptions { With = AblationValue.Resample }, "--with resample takes what another prompt of the same length has, and prompt 0 alone has 2 tokens");
        yield return new TestCaseData(new AblateOptions { Token = " w1 w2" }, "--token ' w1 w2': expected one token");
        yield return new TestCaseData(new AblateOptions { Position = Selection.Parse("7") }, "--position 7: a prompt of 2 tokens has positions 0 to 1");
    }

    [TestCaseSource(nameof(Refused))]
    public void WhatCannotWork_IsRefused(AblateOptions options, string said) =>
        Assert.That(() => TestRun.Execute(new Ablate(), PlantedStream.Model, options, One), Throws.TypeOf<UsageException>().With.Message.StartsWith(said));

    [Test]
    public void PositionMean_OfPromptsOfUnequalLength_IsRefused() => Assert.That(
        () => TestRun.Execute(new Ablate(), PlantedStream.Model, new AblateOptions { With = AblationValue.PositionMean }, [new(null, [1]), new(null, [1, 2])]),
        Throws.TypeOf<UsageException>().With.Message.StartsWith("--with position-mean: the prompts have 1, 2 tokens"));

    [Test]
    public void NoPrompt_IsRefused() => Assert.That(() => TestRun.Execute(new Ablate(), PlantedStream.Model), Throws.TypeOf<UsageException>().With.Message.StartsWith("This analysis needs text"));

    [TestCase("18.6", 18, 6)]
    [TestCase(" 0.1455", 0, 1455)]
    public void LayerIndex_IsLayerAndNumber(string text, int layer, int index) => Assert.That(LayerIndex.Parse(text), Is.EqualTo(new LayerIndex(layer, index)));

    [TestCase("18")]
    [TestCase("18.6.1")]
    [TestCase("-1.2")]
    [TestCase("L18H6")]
    [TestCase("")]
    public void LayerIndex_OfAnythingElse_IsNone(string text) => Assert.That(() => LayerIndex.Parse(text), Throws.TypeOf<FormatException>().With.Message.EqualTo($"Expected layer and number, such as 18.6; found '{text}'."));

    [Test]
    public void Cancelled_KeepsTheRowsThatAreDone()
    {
        using var stop = new CancellationTokenSource();
        var results = new CollectedResults();
        var context = new AnalysisContext
        {
            Models = [CheckpointModels.Get("bert")], Prompts = [new(null, [2, 9, 4, 3])], Options = new AblateOptions { With = AblationValue.Mean, Position = Selection.Parse("2") }, Compute = new PluginLens.Numerics.CpuCompute(), Results = results,
            Progress = new Stopping(stop), Cancellation = stop.Token,
        };

        Assert.That(() => ((IAnalysis)new Ablate()).Run(context), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(results.Rows<AblationEffect>("ablate").Select(row => row.Layer).Distinct(), Is.EqualTo(new int?[] { null, 0, 1 }), "of three layers");
    }

    /// <summary>Stops at the first report behind the unchanged passes.</summary>
    private sealed class Stopping(CancellationTokenSource source) : IProgress<Progress>
    {
        public void Report(Progress value)
        {
            if (value.What != "prompts")
            {
                source.Cancel();
            }
        }
    }
}
