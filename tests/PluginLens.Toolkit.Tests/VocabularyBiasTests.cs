namespace PluginLens.Toolkit.Tests;

public sealed class VocabularyBiasTests
{
    [Test]
    public void Values_AreTheBiasesThroughTheUnembedding_Centred([Values] bool masked)
    {
        var model = masked
            ? Models.Make(change: config => config with { Traits = new HashSet<Trait> { Trait.PostNorm } }).WithWeight("mlm_head.ln.b", Models.Vectors(1, 12).Data.ToArray(), 12)
            : Models.Make();
        var norm = masked ? "mlm_head.ln.b" : "ln_final.b";
        var raw = Naive.Times([.. Enumerable.Range(0, 12).Select(at => Naive.Weight(model, norm, at, 0))], model.WU)
            .Select((value, token) => value + Naive.Weight(model, "unembed.b_U", token, 0)).ToArray();

        var bias = new VocabularyBias(model);

        Assert.That(bias.Values, Is.EqualTo(raw.Select(value => value - raw.Average())).Within(1e-9));
        Assert.That(bias.IsZero, Is.False);
    }

    [Test]
    public void IsHigh_LooksAtTheMeanOfTheTokensShown()
    {
        // Values after centring: 4, 2, 0, -6.
        var model = Models.Make("LNPre", config => config with { DVocab = 4 }).WithWeight("unembed.b_U", [5, 3, 1, -5], 4);
        var bias = new VocabularyBias(model);

        Assert.That(bias.Values, Is.EqualTo([4, 2, 0, -6]).Within(1e-12));
        Assert.That((bias.IsHigh([0]), bias.IsHigh([0, 1]), bias.IsHigh([0, 1], 2.9), bias.IsHigh([3])), Is.EqualTo((true, false, true, true)));
    }

    [Test]
    public void RmsNormWithoutBias_IsZero()
    {
        var bias = new VocabularyBias(Models.Make("RMS").WithoutWeight("unembed.b_U"));
        Assert.That((bias.IsZero, bias.Values.All(value => value == 0), bias.IsHigh([1, 2])), Is.EqualTo((true, true, false)));
    }
}
