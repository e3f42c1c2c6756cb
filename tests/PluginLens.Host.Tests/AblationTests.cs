using PluginLens.Testing;

namespace PluginLens.Host.Tests;

/// <summary>The weight edit of docs/writing-a-plugin.md.</summary>
public sealed class AblationTests
{
    [Test]
    public void WithoutHead_ClearsThatHeadOnly_AndLeavesTheModel()
    {
        var model = FakeModel.Gpt2Like(new ModelConfig { DModel = 8, NHeads = 2, NLayers = 2, DHead = 4, DVocab = 20, NCtx = 4 });

        using var ablated = WithoutHead(model, layer: 1, head: 0);

        Assert.That(ablated.WO(1, 0).Data.ToArray(), Is.All.Zero);
        Assert.That(ablated.WO(1, 1).Data.ToArray(), Is.EqualTo(model.WO(1, 1).Data.ToArray()));
        Assert.That(ablated.WO(0, 0).Data.ToArray(), Is.EqualTo(model.WO(0, 0).Data.ToArray()));
        Assert.That(model.WO(1, 0).Data.ToArray(), Is.All.Not.Zero);
    }

    [TestCase("blocks.1.attn.W_X", "no weight 'blocks.1.attn.W_X'")]
    [TestCase("blocks.1.attn.W_O", "shape [4]; expected [2, 4, 8]")]
    public void WithWeights_UnknownNameOrShape_IsRefusedAsByAModelFolder(string name, string why) => Assert.That(
        () => FakeModel.Gpt2Like(new ModelConfig { DModel = 8, NHeads = 2, NLayers = 2, DHead = 4, DVocab = 20, NCtx = 4 })
            .WithWeights(new Dictionary<string, Tensor> { [name] = new(name, new float[4], 4) }),
        Throws.TypeOf<ModelException>().With.Message.Contains(why));

    /// <summary>The model with one head silenced: its rows of W_O are 0, so it adds nothing to the stream.</summary>
    private static Model WithoutHead(Model model, int layer, int head)
    {
        var output = model.Weight($"blocks.{layer}.attn.W_O");
        var data = output.Data.ToArray();
        var size = data.Length / model.Config.NHeads;
        data.AsSpan(head * size, size).Clear();
        return model.WithWeights(new Dictionary<string, Tensor> { [output.Name] = new(output.Name, data, [.. output.Shape]) });
    }
}
