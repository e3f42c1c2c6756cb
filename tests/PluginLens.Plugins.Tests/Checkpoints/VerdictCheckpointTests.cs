using PluginLens.Host;
using PluginLens.Plugins.Circuits;
using PluginLens.Plugins.Ffn;
using PluginLens.Plugins.FinetuneDiff;
using PluginLens.Plugins.Messages;
using PluginLens.Plugins.Parameters;
using PluginLens.Plugins.Patterns;
using PluginLens.Plugins.States;
using PluginLens.Plugins.Stitching;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Which checkpoints an analysis says nothing about: all others have tests beside this one.</summary>
public sealed class VerdictCheckpointTests
{
    private static readonly Type[] Analyses =
    [
        typeof(OvPairs), typeof(QkPairs), typeof(Subheads),
        typeof(KnowledgeLookup), typeof(RkOverlap), typeof(RkFinal),
        typeof(SimK), typeof(KeepK), typeof(Isotropy),
        typeof(FinetuneDiff.FinetuneDiff), typeof(AlignLayers), typeof(HiddenProjection),
        typeof(PatternsStatic), typeof(HeadProbe), typeof(TextPatterns), typeof(TextMessages), typeof(VocabBias), typeof(MessagesStatic),
    ];

    [Test]
    public void Verdict_OfMostAnalyses_IsUndefinedForNoCheckpoint([ValueSource(nameof(Analyses))] Type analysis) => Assert.That(Undefined(analysis), Is.Empty);

    [Test]
    public void Verdict_WithoutMlps_IsUndefinedForKeysAndValues() =>
        Assert.That(Undefined(typeof(FfnKeysValues)), Is.EqualTo(CheckpointModels.All.Except(CheckpointModels.WithMlps)));

    [Test]
    public void Kinds_AreWhatTheMetadataSay([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);
        Assert.That(model.Config.AttnOnly, Is.EqualTo(!CheckpointModels.WithMlps.Contains(name)));
        Assert.That(model.Config.GatedMlp, Is.EqualTo(CheckpointModels.Gated.Contains(name)));
        Assert.That(model.Config.RotaryDim > 0, Is.EqualTo(CheckpointModels.Rotary.Contains(name)));
        Assert.That(model.Config.NormPlacement != "post", Is.EqualTo(CheckpointModels.PreNorm.Contains(name)));
        Assert.That(
            Enumerable.Range(0, model.Config.DVocab).Where(id => model.Tokenizer!.Piece(id) is null), Is.EqualTo(Enumerable.Range(0, model.Config.DVocab).Where(id => !CheckpointModels.HasText(name, id))));
    }

    private static IEnumerable<string> Undefined(Type analysis) =>
        CheckpointModels.All.Where(name => Applicability.Of(analysis, CheckpointModels.Get(name).Config).Verdict == Verdict.Undefined);
}
