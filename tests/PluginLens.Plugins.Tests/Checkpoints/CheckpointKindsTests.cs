namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary>The checkpoints are what the tests beside this one take them for.</summary>
public sealed class CheckpointKindsTests
{
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
}
