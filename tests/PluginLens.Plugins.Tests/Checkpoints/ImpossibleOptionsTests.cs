using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Options that no result can meet are refused, by a run and by its plan; what is printed of a number is the number that was used.</summary>
public sealed class ImpossibleOptionsTests
{
    private static readonly FakeModel Model = VectorModels.Make();

    private static IEnumerable<TestCaseData> Impossible()
    {
        static TestCaseData Case(IAnalysis analysis, object options, string message, Model? second = null) =>
            new TestCaseData(analysis, options, second, message).SetArgDisplayNames(message);
        yield return Case(new FfnKeysValues(), new FfnKeysValuesOptions { Pool = 10, MinOverlap = 15 }, "--min-overlap 15: sets of 10 tokens (--pool) share at most 10");
        yield return Case(new FfnKeysValues(), new FfnKeysValuesOptions { Pool = 9999, MinOverlap = 48 }, "--min-overlap 48: sets of 47 tokens (--pool) share at most 47");
        yield return Case(new FfnKeysValues(), new FfnKeysValuesOptions { Select = NeuronSelection.Jaccard, MinJaccard = 1 }, "--min-jaccard 1: no index exceeds 1");
        yield return Case(new FinetuneDiff.FinetuneDiff(), new FinetuneDiffOptions { Good = 1.5 }, "--good 1.5: a share is at most 1", VectorModels.Make(seed: 2));
        yield return Case(new RkFinal(), new RkOptions { SkipTop = [3, 47] }, "--skip-top 47: not an id");
        yield return Case(new RkOverlap(), new RkOptions { SkipTop = [-1] }, "--skip-top -1: not an id");
        yield return Case(new RkOverlap(), new RkOptions { Head = true }, "--head: model");
        yield return Case(new EmbeddingMap(), new EmbeddingMapOptions { K = 6000 }, "--k 6000: expected 1 to 5000");
        yield return Case(new QkPairs(), new QkPairOptions { Tokens = PairedTokens.All, Curve = 3 }, "--curve: model");
        yield return Case(new KnowledgeLookup(), new KnowledgeLookupOptions { From = "w3" }, "--from and --to belong together");
        yield return Case(new PatternsStatic(), new PatternsStaticOptions { Words = ["w3"], Pool = 5 }, "--pool 5: lists of --k 15 need a pool of at least 15");
        yield return Case(new HeadProbe(), new HeadProbeOptions { Words = "w3", Head = Selection.All }, "--layer 0 --head all: head-probe reads one head");
        yield return Case(new PositionBias(), new PositionBiasOptions { Position = 8 }, "--position 8: expected 0 to 7");
        yield return Case(new PatternsContext(), new PatternsContextOptions { Layout = Layout.Document, Position = Selection.All }, "--layout document --position all: the notebook's table");
        yield return Case(new CompositionScores(), new CompositionOptions { ToLayer = Selection.Parse("0") }, "--from-layer all --to-layer 0: model");
        yield return Case(new CircuitSvd(), new CircuitSvdOptions { Matrix = [CircuitMatrix.Gate] }, "--matrix gate: model");
        yield return Case(new CircuitSvd(), new CircuitSvdOptions { Matrix = [] }, "--matrix is empty; give some");
        yield return Case(new CircuitSvd(), new CircuitSvdOptions { Pool = 3 }, "--pool 3: lists of --k 6");
        yield return Case(new AttendedMessages(), new AttendedMessagesOptions { Flags = true }, "--flags: this analysis has no row for each token");
        yield return Case(new HeadBehaviours(), new HeadBehavioursOptions { Flags = true }, "--flags: this analysis has no row for each token");
        yield return Case(new EffectiveRank(), new EffectiveRankOptions { Layer = Selection.Parse("2") }, "--layer 2: this model has layers 0 to 1");
        yield return Case(new Stitch(), new StitchOptions { Last = 9 }, "--last 9: model", VectorModels.Make(seed: 2));
        yield return Case(new Stitch(), new StitchOptions { Subtract = true }, "--subtract needs", VectorModels.Make(seed: 2));
        yield return Case(new AlignLayers(), new AlignLayersOptions { Space = AlignmentSpace.Raw }, "--space raw compares coordinates", CheckpointModels.Get("gpt2"));
    }

    [TestCaseSource(nameof(Impossible))]
    public void Impossible_IsRefusedByRunAndPlan(IAnalysis analysis, object options, Model? second, string message)
    {
        Prompt[] prompts = [new(null, [1, 2, 3])];

        Assert.That(() => TestRun.Execute(analysis, Model, options, prompts, second), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));
        Assert.That(() => TestRun.Plan(analysis, Model, options, prompts, second), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));
    }

    [Test]
    public void FfnKeysValues_NeuronByNumber_NeedsNoThreshold() => Assert.That(
        TestRun.Execute(new FfnKeysValues(), Model, new FfnKeysValuesOptions { Pool = 10, Neuron = Selection.Parse("2") }).Notes, Has.None.Contains("share at least"));

    [Test]
    public void ExcludeSame_WithoutTokenizer_IsRefused() => Assert.That(
        () => TestRun.Execute(new OvPairs(), Model.WithTokenizer(null), new OvPairOptions { Tokens = PairedTokens.All, ExcludeSame = true }), Throws.TypeOf<UsageException>().With.Message.Contains("no tokenizer"));

    [Test]
    public void Counts_AreThoseUsed()
    {
        var simK = TestRun.Execute(new SimK(), Model, new SimKOptions { K = 9999 });
        var neurons = TestRun.Execute(new FfnKeysValues(), Model, new FfnKeysValuesOptions { Pool = 9999 });
        var rk = TestRun.Execute(new RkOverlap(), CheckpointModels.Get("gpt2"), new RkOptions { K = 9999, M = 9999 }, CheckpointModels.Prompts);

        Assert.That(simK.Notes[0], Does.StartWith("top 47 by"));
        Assert.That(simK.Figures.Values.Select(figure => figure.Title), Is.All.StartsWith("Sim_47 of"));
        Assert.That(neurons.Notes, Has.Some.Contains("have top-47 sets"));
        Assert.That(rk.Notes[0], Does.Not.Contain("9999"));
        Assert.That(rk.Figures.Values.Select(figure => figure.Title), Is.All.Match("^R_[0-9]+ of").And.None.Contains("9999"));
    }
}
