using PluginLens.Tests.Shared;

namespace PluginLens.Models.Tests.Folders;

/// <summary>A view with other weights computes what a folder with those weights computes, and leaves the model as it was.</summary>
public sealed class WeightEditTests
{
    private static readonly OpenOptions Options = new() { Device = Device.Cpu, Weights = WeightsPolicy.Report };
    private static readonly ModelInput Input = new(5, 17, 300, 41, 8);

    [TestCase("embed.W_E")]
    [TestCase("pos_embed.W_pos")]
    [TestCase("blocks.1.attn.W_O")]
    [TestCase("blocks.1.attn.b_Q")]
    [TestCase("blocks.2.ln2.w")]
    [TestCase("unembed.W_U")]
    public void Run_OtherWeight_GivesTheBitsOfAFolderThatHoldsIt(string name)
    {
        using var model = Open("gpt2", "--center-unembed");
        using var copy = new TemporaryFolder(model.Folder);
        var given = Scaled(model.Weight(name), 0.75f);
        copy.Overwrite(name, given.Span);
        using var expected = ModelFolder.Open(copy.Path, Options);
        var before = Logits(model);

        using var view = model.WithWeights(new Dictionary<string, Tensor> { [name] = given });

        Assert.That(Logits(view), Is.EqualTo(Logits(expected)).And.Not.EqualTo(before));
        Assert.That(view.Weight(name).Data.ToArray(), Is.EqualTo(given.Data.ToArray()));
        Assert.That(Logits(model), Is.EqualTo(before), "the model itself is what it was");
    }

    [TestCase("float32")]
    [TestCase("float16")]
    public void Run_TiedFolderWithAnotherEmbedding_ReadsOutByTheOldOne(string type)
    {
        using var model = Open("gpt2", "--dtype", type);
        var (embedding, unembedding) = (Scaled(model.Weight("embed.W_E"), 0.75f), model.Weight("unembed.W_U"));

        using var one = model.WithWeights(new Dictionary<string, Tensor> { ["embed.W_E"] = embedding });
        using var both = model.WithWeights(new Dictionary<string, Tensor> { ["embed.W_E"] = embedding, ["unembed.W_U"] = unembedding });
        using var other = model.WithWeights(new Dictionary<string, Tensor> { ["unembed.W_U"] = Scaled(unembedding, 0.75f) });

        Assert.That(Logits(one), Is.EqualTo(Logits(both)).And.Not.EqualTo(Logits(model)));
        Assert.That(Logits(other), Is.EqualTo(Array.ConvertAll(Logits(model), logit => logit * 0.75f)).Within(1e-5f).And.Not.EqualTo(Logits(model)));
    }

    [TestCase("float16", "embed.W_E")]
    [TestCase("float16", "blocks.1.mlp.W_in")]
    [TestCase("bfloat16", "blocks.1.attn.W_V")]
    [TestCase("bfloat16", "unembed.W_U")]
    public void Run_HalfPrecision_TakesTheGivenNumbersUnrounded(string type, string name)
    {
        using var half = Open("gpt2", "--center-unembed", "--dtype", type);
        using var copy = new TemporaryFolder(ExportedFixtures.Get("gpt2", "--center-unembed"));
        foreach (var weight in half.WeightNames)
        {
            copy.Overwrite(weight, half.Weight(weight).Span);
        }

        var given = Scaled(half.Weight(name), 1.0f / 3);
        copy.Overwrite(name, given.Span);
        using var expected = ModelFolder.Open(copy.Path, Options);

        using var view = half.WithWeights(new Dictionary<string, Tensor> { [name] = given });

        Assert.That(Logits(view), Is.EqualTo(Logits(expected)));
        Assert.That(view.Weight(name).Data.ToArray(), Is.EqualTo(given.Data.ToArray()));
    }

    [Test]
    public void WithWeights_SameWeights_ChangesNoBit()
    {
        using var model = Open("llama");
        using var view = model.WithWeights(model.WeightNames.ToDictionary(name => name, model.Weight));

        Assert.That(Logits(view), Is.EqualTo(Logits(model)));
    }

    [Test]
    public void WithWeights_OfAView_AddsToItsChanges()
    {
        using var model = Open("gpt2");
        var (one, two) = (Scaled(model.Weight("blocks.0.attn.W_O"), 0), Scaled(model.Weight("blocks.1.attn.W_O"), 0));
        using var both = model.WithWeights(new Dictionary<string, Tensor> { ["blocks.0.attn.W_O"] = one, ["blocks.1.attn.W_O"] = two });
        using var first = model.WithWeights(new Dictionary<string, Tensor> { ["blocks.0.attn.W_O"] = one });
        using var second = first.WithWeights(new Dictionary<string, Tensor> { ["blocks.1.attn.W_O"] = two });

        Assert.That(Logits(second), Is.EqualTo(Logits(both)).And.Not.EqualTo(Logits(first)));
    }

    [Test]
    public void WithWeights_CopiesTheNumbers()
    {
        using var model = Open("gpt2");
        var data = model.Weight("ln_final.b").Data.ToArray();
        using var view = model.WithWeights(new Dictionary<string, Tensor> { ["ln_final.b"] = new("b", data, data.Length) });

        data[0] += 100;

        Assert.That(Logits(view), Is.EqualTo(Logits(model)));
    }

    [Test]
    public void View_HasNoHash_AndIsTiedNoMoreWhereItsEmbeddingWasReplaced()
    {
        using var model = Open("gpt2");
        using var view = model.WithWeights(new Dictionary<string, Tensor> { ["embed.W_E"] = Scaled(model.Weight("embed.W_E"), 2) });
        using var other = model.WithWeights(new Dictionary<string, Tensor> { ["ln_final.b"] = model.Weight("ln_final.b") });

        Assert.That((view.Sha256, view.Config.Tied, other.Config.Tied), Is.EqualTo(((string?)null, false, true)));
        Assert.That(view.Config.Traits, Does.Contain(Trait.Untied).And.Not.Contain(Trait.Tied));
    }

    [Test]
    public void WithWeights_UnknownNameOrShapeOrNaN_IsRefusedInOneLine()
    {
        using var model = Open("gpt2");
        Refused("blocks.9.attn.W_O", new Tensor("x", new float[4], 4), "no weight 'blocks.9.attn.W_O'");
        Refused("ln_final.b", new Tensor("x", new float[4], 4), "has shape [4]; expected [32]");
        Refused("blocks.0.attn.b_Q", new Tensor("x", Enumerable.Repeat(0f, 30).Append(float.NaN).Append(0).ToArray(), 4, 8), "NaN at blocks.0.attn.b_Q[3, 6]");

        void Refused(string name, Tensor given, string why) => Assert.That(
            () => model.WithWeights(new Dictionary<string, Tensor> { [name] = given }), Throws.TypeOf<ModelException>().With.Message.Contain(why).And.Message.Not.Contain("\n"));
    }

    [Test]
    public void Dispose_OfTheModel_ClosesItsViews()
    {
        var model = Open("gpt2");
        var view = model.WithWeights(new Dictionary<string, Tensor> { ["ln_final.b"] = model.Weight("ln_final.b") });
        Logits(view);
        model.Dispose();

        Assert.That(() => Logits(view), Throws.TypeOf<ObjectDisposedException>());
        view.Dispose();
    }

    private static OnnxModel Open(string name, params string[] flags) => ModelFolder.Open(ExportedFixtures.Get(name, flags), Options);

    private static Tensor Scaled(Tensor weight, float factor) => new(weight.Name, Array.ConvertAll(weight.Data.ToArray(), x => x * factor), [.. weight.Shape]);

    private static float[] Logits(Model model) => model.Run(Input, ["logits"])["logits"].Data.ToArray();
}
