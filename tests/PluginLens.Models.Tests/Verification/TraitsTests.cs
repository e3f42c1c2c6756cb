using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Verification;

/// <summary>The traits that decide which analyses hold, on a model of each family.</summary>
public sealed class TraitsTests
{
    [TestCase("gpt2", Trait.Tied)]
    [TestCase("bert", Trait.Bidirectional, Trait.PostNorm, Trait.MaskedLmHead, Trait.Tied)]
    [TestCase("llama", Trait.Rotary, Trait.NoPositionEmbeddings, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.Untied)]
    [TestCase("attn-only-2l", Trait.AttentionOnly, Trait.Untied)]
    [TestCase("attn-only-shortformer", Trait.AttentionOnly, Trait.Untied, Trait.Shortformer)]
    [TestCase("openai-gpt", Trait.PostNorm, Trait.Tied)]
    [TestCase("gpt_neox", Trait.Rotary, Trait.NoPositionEmbeddings, Trait.ParallelBlock, Trait.Untied)]
    [TestCase("phi3", Trait.Rotary, Trait.RotaryScaled, Trait.NoPositionEmbeddings, Trait.RmsNorm, Trait.GatedMlp, Trait.Tied)]
    public void Config_EachFamily_HasItsTraits(string name, params Trait[] traits)
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get(name), new OpenOptions { Device = Device.Cpu });

        Assert.That(model.Config.Traits.Except([Trait.GroupedQuery, Trait.Windowed]), Is.EquivalentTo(traits.Except([Trait.GroupedQuery])));
        Assert.That(model.Config.Traits.Contains(Trait.GroupedQuery), Is.EqualTo(model.Config.KeyValueHeads < model.Config.NHeads));
    }

    [Test]
    public void Config_Gemma2_HasWhatMakesMostAnalysesApproximate()
    {
        using var model = ModelFolder.Open(ExportedFixtures.Get("gemma2"), new OpenOptions { Device = Device.Cpu });

        Assert.That(model.Config.Traits, Is.SupersetOf(new[]
        {
            Trait.Rotary, Trait.GroupedQuery, Trait.RmsNorm, Trait.GatedMlp, Trait.SublayerNorm, Trait.ScoreSoftCap, Trait.LogitSoftCap, Trait.Windowed,
        }));
    }
}
