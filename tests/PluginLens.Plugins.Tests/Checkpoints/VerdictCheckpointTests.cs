extern alias align;
extern alias ffn;
extern alias finetune;
extern alias hidden;
extern alias isotropy;
extern alias keepk;
extern alias knowledge;
extern alias ov;
extern alias qk;
extern alias rkfinal;
extern alias rkoverlap;
extern alias simk;
extern alias subheads;
using PluginLens.Host;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>Which checkpoints an analysis says nothing about: all others have tests beside this one.</summary>
public sealed class VerdictCheckpointTests
{
    private static readonly Type[] Analyses =
    [
        typeof(ov::PluginLens.Plugins.OvPairs), typeof(qk::PluginLens.Plugins.QkPairs), typeof(subheads::PluginLens.Plugins.Subheads),
        typeof(knowledge::PluginLens.Plugins.KnowledgeLookup), typeof(rkoverlap::PluginLens.Plugins.RkOverlap), typeof(rkfinal::PluginLens.Plugins.RkFinal),
        typeof(simk::PluginLens.Plugins.SimK), typeof(keepk::PluginLens.Plugins.KeepK), typeof(isotropy::PluginLens.Plugins.Isotropy),
        typeof(finetune::PluginLens.Plugins.FinetuneDiff), typeof(align::PluginLens.Plugins.AlignLayers),
    ];

    [Test]
    public void Verdict_OfMostAnalyses_IsUndefinedForNoCheckpoint([ValueSource(nameof(Analyses))] Type analysis) => Assert.That(Undefined(analysis), Is.Empty);

    [Test]
    public void Verdict_WithoutMlps_IsUndefinedForKeysAndValues() =>
        Assert.That(Undefined(typeof(ffn::PluginLens.Plugins.FfnKeysValues)), Is.EqualTo(CheckpointModels.All.Except(CheckpointModels.WithMlps)));

    [Test]
    public void Verdict_OfEncoders_IsUndefinedForHiddenStates() =>
        Assert.That(Undefined(typeof(hidden::PluginLens.Plugins.HiddenProjection)), Is.EqualTo(CheckpointModels.Encoders));

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
