using PluginLens.Plugins.Attribution;
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

/// <summary>Every analysis says beforehand what it will cost: no less than what it then computes, and as its options say.</summary>
public sealed class PlanTests
{
    private static readonly Prompt[] Prompts = CheckpointModels.Prompts;

    private static Model Fake => VectorModels.Make(gated: true);

    private static Model Gpt2 => CheckpointModels.Get("gpt2");

    /// <summary>An analysis, its model, its options from the least to the most that they ask for, and what else it reads.</summary>
    private static IEnumerable<TestCaseData> Runs()
    {
        yield return Of<OvPairs>(() => Fake, [new OvPairOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1"), K = 3 }, new OvPairOptions { K = 3 }, new OvPairOptions { K = 40, Normalise = Normalise.Freq }]);
        yield return Of<QkPairs>(() => CheckpointModels.Get("llama"), [new QkPairOptions { Head = Selection.Parse("0"), K = 2 }, new QkPairOptions { K = 2 }, new QkPairOptions { K = 2, Curve = 3 }]);
        yield return Of<Subheads>(() => Fake, [new SubheadOptions { Dimension = Selection.Parse("0"), K = 2 }, new SubheadOptions { K = 2 }, new SubheadOptions { K = 20 }]);
        yield return Of<FfnKeysValues>(() => Fake, [new FfnKeysValuesOptions { Layer = Selection.Parse("1") }, new FfnKeysValuesOptions(), new FfnKeysValuesOptions { Select = NeuronSelection.Any, Sample = 0, Negative = true }]);
        yield return Of<KnowledgeLookup>(() => Fake, [new KnowledgeLookupOptions { Words = ["w3"] }, new KnowledgeLookupOptions { Words = ["w3"], Neurons = 9 }, new KnowledgeLookupOptions { Words = ["w3"], Neurons = 9, Promotes = "w9", From = "w4", To = "w17" }]);
        yield return Of<SimK>(() => Fake, [new SimKOptions { Layer = Selection.Parse("0"), K = 2 }, new SimKOptions { K = 2 }, new SimKOptions { K = 20 }]);
        yield return Of<KeepK>(() => Fake, [new KeepKOptions { K = [2], Samples = 5 }, new KeepKOptions { K = [2, 4], Samples = 5 }, new KeepKOptions { K = [2, 4], Samples = 30 }]);
        yield return Of<Isotropy>(() => Fake, [null]);
        yield return Of<EmbeddingMap>(() => Fake, [new EmbeddingMapOptions { K = 9, Method = MapMethod.Pca }, new EmbeddingMapOptions { K = 9, Steps = 20 }, new EmbeddingMapOptions { K = 20, Steps = 20 }]);
        yield return Of<ActivationsToFiles>(() => Gpt2, [new ActivationOptions { Hooks = ["blocks.0.hook_resid_pre"] }, new ActivationOptions { Hooks = ["blocks.1.hook_resid_post"] }, new ActivationOptions { Hooks = ["all"] }], Prompts);
        yield return Of<HiddenProjection>(() => Gpt2, [new HiddenProjectionOptions { Layer = Selection.Parse("0") }, new HiddenProjectionOptions(), new HiddenProjectionOptions { Position = Selection.All }], Prompts);
        yield return Of<LogitLens>(() => Gpt2, [new LogitLensOptions { Layer = Selection.Parse("0"), Position = Selection.Parse("-1") }, new LogitLensOptions { Position = Selection.Parse("-1") }, new LogitLensOptions()], Prompts);
        yield return Of<Attention>(() => Gpt2, [new AttentionOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1") }, new AttentionOptions { Head = Selection.Parse("1") }, new AttentionOptions { K = 0 }], Prompts);
        yield return Of<HeadDetector>(() => Gpt2, [new HeadDetectorOptions { Sequences = 0, Layer = Selection.Parse("0") }, new HeadDetectorOptions { Sequences = 0 }, new HeadDetectorOptions { Length = 3 }], Prompts);
        yield return Of<LogitAttribution>(() => Gpt2, [new LogitAttributionOptions { By = AttributionUnit.Component }, new LogitAttributionOptions(), new LogitAttributionOptions { By = AttributionUnit.Neuron, Position = Selection.All }], Prompts);
        yield return Of<RkOverlap>(() => Gpt2, [new RkOptions { Layer = Selection.Parse("0"), K = 2 }, new RkOptions { K = 2 }, new RkOptions { K = 20 }], Prompts);
        yield return Of<RkFinal>(() => Gpt2, [new RkOptions { K = 2, Positions = 2 }, new RkOptions { K = 2 }, new RkOptions { K = 20 }], Prompts);
        yield return Of<AlignLayers>(() => Gpt2, [new AlignLayersOptions { Group = [Toolkit.ParameterGroup.WO] }, new AlignLayersOptions { Group = [Toolkit.ParameterGroup.WO, Toolkit.ParameterGroup.V] }, new AlignLayersOptions()], second: () => Gpt2);
        yield return Of<Stitch>(() => Gpt2, [new StitchOptions { Last = 1, Blocks = Selection.Parse("1") }, new StitchOptions { Last = 1 }, new StitchOptions { Last = 2 }], Prompts, () => Gpt2);
        yield return Of<FinetuneDiff.FinetuneDiff>(
            () => VectorModels.Make(), [new FinetuneDiffOptions { Layer = Selection.Parse("0") }, new FinetuneDiffOptions(), new FinetuneDiffOptions { Sample = 9, K = 40 }], second: () => VectorModels.Make(seed: 2));
        yield return Of<PatternsStatic>(() => Fake, [new PatternsStaticOptions { Words = ["w3"], Layer = Selection.Parse("0"), K = 2 }, new PatternsStaticOptions { Words = ["w3", "w4"], K = 2 }, new PatternsStaticOptions { Words = ["w3", "w4"], K = 20 }]);
        yield return Of<HeadProbe>(() => Fake, [new HeadProbeOptions { Words = "w3", K = 2 }, new HeadProbeOptions { Words = "w3/w4", K = 2 }, new HeadProbeOptions { Words = "w3,w5/w4", K = 20 }]);
        yield return Of<TextPatterns>(() => Gpt2, [new TextPatternOptions { Layer = Selection.Parse("0"), K = 2 }, new TextPatternOptions { K = 2 }, new TextPatternOptions { K = 20 }], Prompts);
        yield return Of<TextMessages>(() => Gpt2, [new TextMessageOptions { Layer = Selection.Parse("0"), K = 2 }, new TextMessageOptions { K = 2 }, new TextMessageOptions { K = 20 }], Prompts);
        yield return Of<MessagesStatic>(() => Fake, [new MessagesStaticOptions { Words = ["w3"], Layer = Selection.Parse("0"), K = 2 }, new MessagesStaticOptions { Words = ["w3", "w4"], K = 2 }, new MessagesStaticOptions { Words = ["w3", "w4"], K = 20 }]);
        yield return Of<VocabBias>(() => Fake, [new VocabBiasOptions { K = 1 }, new VocabBiasOptions { K = 20 }]);
        yield return Of<TokenNorms>(() => Gpt2, [new TokenNormsOptions { K = 1 }, new TokenNormsOptions { K = 20 }]);
    }

    private static TestCaseData Of<TAnalysis>(Func<Model> model, object?[] options, Prompt[]? prompts = null, Func<Model>? second = null)
        where TAnalysis : IAnalysis, new() => new TestCaseData(new Planned(new TAnalysis(), model, options, prompts, second)).SetArgDisplayNames(typeof(TAnalysis).Name);

    public sealed record Planned(IAnalysis Analysis, Func<Model> Model, object?[] Options, Prompt[]? Prompts, Func<Model>? Second);

    [TestCaseSource(nameof(Runs))]
    public void Plan_IsNoLessThanWhatIsComputed_AndNotFarFromIt(Planned run)
    {
        foreach (var options in run.Options)
        {
            var counting = new CountingCompute();
            var results = TestRun.Execute(run.Analysis, run.Model(), options, run.Prompts, run.Second?.Invoke(), counting);
            var plan = TestRun.Plan(run.Analysis, run.Model(), options, run.Prompts, run.Second?.Invoke())!;

            // Forward passes are not counted, so no upper limit holds for analyses that read prompts.
            var most = run.Prompts is null && counting.Flops > 0 ? 8 * counting.Flops : double.PositiveInfinity;
            Assert.That(plan.Flops, Is.GreaterThanOrEqualTo(counting.Flops).And.LessThan(most), $"{options}");
            Assert.That(plan.Bytes, Is.GreaterThanOrEqualTo(results.TableNames.Sum(name => results.Rows<object>(name).Count) * 40), $"{options}");
        }
    }

    [TestCaseSource(nameof(Runs))]
    public void Plan_FollowsTheOptions(Planned run)
    {
        var plans = run.Options.Select(options => TestRun.Plan(run.Analysis, run.Model(), options, run.Prompts, run.Second?.Invoke())!).ToList();
        for (var at = 1; at < plans.Count; at++)
        {
            Assert.That(plans[at].Flops, Is.GreaterThanOrEqualTo(plans[at - 1].Flops), $"{run.Options[at]}");
            Assert.That(plans[at].Flops + plans[at].Bytes, Is.GreaterThan(plans[at - 1].Flops + plans[at - 1].Bytes), $"{run.Options[at]}");
        }
    }

    [TestCaseSource(nameof(Runs))]
    public void Plan_SaysThatSomethingPrunes_WhereSomethingDoes(Planned run) => Assert.That(
        TestRun.Plan(run.Analysis, run.Model(), run.Options[0], run.Prompts, run.Second?.Invoke())!.Prunes, Is.EqualTo(run.Analysis is OvPairs or QkPairs));

    [Test]
    public void Plan_OfAHugeK_IsNoMoreThanThereIs_AndNoTrifle()
    {
        double Bytes(int k) => TestRun.Plan(new OvPairs(), Fake, new OvPairOptions { K = k })!.Bytes;

        Assert.That(Bytes(100_000_000), Is.EqualTo(Bytes(VectorModels.V * VectorModels.V)).And.GreaterThan(8 * VectorModels.V * VectorModels.V * 100.0));
    }

    [Test]
    public void EveryAnalysis_IsTested() => Assert.That(
        Runs().Select(run => ((Planned)run.Arguments[0]!).Analysis.GetType()), Is.EquivalentTo(WritesTests.Analyses()));
}
