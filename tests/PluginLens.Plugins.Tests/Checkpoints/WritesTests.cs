using System.Reflection;
using PluginLens.Plugins.Attribution;
using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Plugins.Stitching;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Each analysis fills the tables that it declares, and no others: of those it declares here, of those that it does not every <see cref="TestRun"/> takes care.</summary>
public sealed class WritesTests
{
    private static Model Gpt2 => CheckpointModels.Get("gpt2");

    /// <summary>Runs that fill every table between them.</summary>
    private static IEnumerable<TestCaseData> Runs()
    {
        yield return Of<OvPairs>(
            analysis => TestRun.Execute(analysis, Gpt2, new OvPairOptions { K = 1 }),
            analysis => TestRun.Execute(analysis, Gpt2, new OvPairOptions { K = 1, PaperOrder = true }));
        yield return Of<QkPairs>(analysis => TestRun.Execute(analysis, CheckpointModels.Get("llama"), new QkPairOptions { K = 1, Curve = 1 }));
        yield return Of<Subheads>(analysis => TestRun.Execute(analysis, Gpt2, new SubheadOptions { K = 1 }));
        yield return Of<FfnKeysValues>(analysis => TestRun.Execute(analysis, Gpt2, new FfnKeysValuesOptions { K = 1, Negative = true }));
        yield return Of<KnowledgeLookup>(
            analysis => TestRun.Execute(analysis, VectorModels.Make(), new KnowledgeLookupOptions { Words = ["w3", "w5"] }),
            analysis => TestRun.Execute(analysis, VectorModels.Make(), new KnowledgeLookupOptions { Promotes = "w9" }),
            analysis => TestRun.Execute(analysis, VectorModels.Make(), new KnowledgeLookupOptions { From = "w4", To = "w17" }));
        yield return Of<SimK>(analysis => TestRun.Execute(analysis, Gpt2, new SimKOptions { K = 2 }));
        yield return Of<KeepK>(analysis => TestRun.Execute(analysis, Gpt2, new KeepKOptions { K = [2] }));
        yield return Of<Isotropy>(analysis => TestRun.Execute(analysis, Gpt2));
        yield return Of<EmbeddingMap>(analysis => TestRun.Execute(analysis, Gpt2, new EmbeddingMapOptions { K = 5 }));
        yield return Of<ActivationsToFiles>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<HiddenProjection>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<LogitLens>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<Attention>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<HeadDetector>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<LogitAttribution>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<RkOverlap>(analysis => TestRun.Execute(analysis, Gpt2, new RkOptions { K = 2 }, CheckpointModels.Prompts));
        yield return Of<RkFinal>(analysis => TestRun.Execute(analysis, Gpt2, new RkOptions { K = 2 }, CheckpointModels.Prompts));
        yield return Of<AlignLayers>(analysis => TestRun.Execute(analysis, Gpt2, secondModel: Gpt2));
        yield return Of<Stitch>(analysis => TestRun.Execute(analysis, Gpt2, new StitchOptions { Last = 1 }, CheckpointModels.Prompts, Gpt2));
        yield return Of<FinetuneDiff.FinetuneDiff>(analysis => TestRun.Execute(
            analysis, VectorModels.Make(), secondModel: VectorModels.Make(seed: 2).WithWeight("classifier.W", new float[2 * VectorModels.D], VectorModels.D, 2)));
        yield return Of<PatternsStatic>(analysis => TestRun.Execute(analysis, VectorModels.Make(), new PatternsStaticOptions { Words = ["w3"] }));
        yield return Of<HeadProbe>(analysis => TestRun.Execute(analysis, VectorModels.Make(), new HeadProbeOptions { Words = "w3" }));
        yield return Of<TextPatterns>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<TextMessages>(analysis => TestRun.Execute(analysis, Gpt2, prompts: CheckpointModels.Prompts));
        yield return Of<MessagesStatic>(analysis => TestRun.Execute(analysis, VectorModels.Make(), new MessagesStaticOptions { Words = ["w3"] }));
        yield return Of<VocabBias>(analysis => TestRun.Execute(analysis, Gpt2));
        yield return Of<TokenNorms>(analysis => TestRun.Execute(analysis, Gpt2));
    }

    private static TestCaseData Of<TAnalysis>(params Func<IAnalysis, CollectedResults>[] runs)
        where TAnalysis : IAnalysis, new() => new TestCaseData(typeof(TAnalysis), runs).SetArgDisplayNames(typeof(TAnalysis).Name);

    [TestCaseSource(nameof(Runs))]
    public void DeclaredTables_AreFilled(Type analysis, Func<IAnalysis, CollectedResults>[] runs)
    {
        var filled = runs.SelectMany(run => run((IAnalysis)Activator.CreateInstance(analysis)!).RowTypes).Select(table => (table.Key, table.Value)).Distinct();

        Assert.That(analysis.GetCustomAttributes<WritesAttribute>().Select(writes => (writes.Table, writes.Row)), Is.EquivalentTo(filled));
    }

    [Test]
    public void EveryAnalysis_IsTested() => Assert.That(
        Runs().Select(run => (Type)run.Arguments[0]!), Is.EquivalentTo(Analyses()));

    /// <summary>Every analysis of every family.</summary>
    internal static IEnumerable<Type> Analyses() => Families().SelectMany(family => family.ExportedTypes).Where(type => type.IsDefined(typeof(AnalysisAttribute)));

    [Analysis("undeclared", "Undeclared", Answers = "Nothing.")]
    private sealed class Undeclared : IAnalysis
    {
        public void Run(AnalysisContext context) => context.Results.Table<StateWord>("words");
    }

    [Test]
    public void TestRun_UndeclaredTable_IsAnError() => Assert.That(
        () => TestRun.Execute(new Undeclared(), VectorModels.Make()),
        Throws.InvalidOperationException.With.Message.EqualTo("Undeclared fills table 'words' and does not declare it; add [Writes(\"words\", typeof(StateWord))] to the class."));

    private static IEnumerable<Assembly> Families() => typeof(WritesTests).Assembly.GetReferencedAssemblies().Select(Assembly.Load)
        .Where(assembly => assembly.GetReferencedAssemblies().Any(reference => reference.Name == "PluginLens.Abstractions") && assembly.ExportedTypes.Any(type => type.IsDefined(typeof(AnalysisAttribute))));
}
