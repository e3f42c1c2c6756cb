using PluginLens.Testing;

namespace PluginLens.Tests;

/// <summary>A model in memory has the traits that a folder with its configuration and weights would have.</summary>
public sealed class FakeModelTests
{
    private static readonly ModelConfig Sizes = new() { DModel = 8, NHeads = 2, NLayers = 1, DHead = 4, DMlp = 16, DVocab = 20, NCtx = 8 };

    [Test]
    public void Traits_OfARandomModel_FollowFromIt()
    {
        var model = FakeModel.Gpt2Like(Sizes);

        Assert.That(model.Config.Traits, Is.EquivalentTo(new[] { Trait.Untied }));
        Assert.That(model.WithoutWeight("unembed.W_U").Config.Traits, Is.EquivalentTo(new[] { Trait.NoUnembed }));
        Assert.That(model.WithoutWeight("pos_embed.W_pos").WithTokenizer(null).Config.Traits, Is.EquivalentTo(new[] { Trait.Untied, Trait.NoPositionEmbeddings, Trait.NoTokenizer }));
    }

    [Test]
    public void Traits_AfterAChangeOfTheConfiguration_AreDerivedAnew()
    {
        var model = FakeModel.Gpt2Like(Sizes).WithConfig(config => config with { Tied = true, Norm = "RMS" });

        Assert.That(model.Config.Traits, Is.EquivalentTo(new[] { Trait.Tied, Trait.RmsNorm }));
        Assert.That(model.WithConfig(config => config with { Norm = "LN" }).Config.Traits, Is.EquivalentTo(new[] { Trait.Tied }));
    }

    [Test]
    public void Run_Overlay_StandsWhereItIsANumber()
    {
        var model = FakeModel.Gpt2Like(Sizes).WithHook("hook_embed", ["batch", "pos", "2"], _ => new Tensor("hook_embed", new float[] { 1, 2 }, 1, 1, 2));

        var run = model.Run(new ModelInput(3) { Overlay = new Dictionary<string, Tensor> { ["hook_embed"] = new("x", new[] { float.NaN, 5 }, 1, 1, 2) } }, ["hook_embed"]);

        Assert.That(run["hook_embed"].Data.ToArray(), Is.EqualTo(new[] { 1f, 5 }));
    }

    [Test]
    public void Traits_ThatAreGiven_StandAlone()
    {
        var model = FakeModel.Gpt2Like(Sizes).WithConfig(config => config with { Traits = new HashSet<Trait> { Trait.Rotary } });

        Assert.That(model.Config.Traits, Is.EquivalentTo(new[] { Trait.Rotary }));
        Assert.That(model.WithoutWeight("unembed.W_U").Config.Traits, Is.EquivalentTo(new[] { Trait.Rotary }));
    }
}
