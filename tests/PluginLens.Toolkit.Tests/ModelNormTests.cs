namespace PluginLens.Toolkit.Tests;

public sealed class ModelNormTests
{
    [Test]
    public void Apply_EqualsTheFormula([Values("LN", "RMS", "LNPre")] string kind)
    {
        var model = Models.Make(kind);
        var x = Models.Vectors(1, model.Config.DModel);
        var normed = new float[x.Columns];
        ModelNorm.Final(model)!.Apply(x.Row(0), normed);

        Assert.That(normed, Is.EqualTo(Naive.Norm(model, "ln_final", Naive.Row(x, 0))).Within(1e-6));
    }

    [Test]
    public void Apply_Rows_NormsEachAndLeavesThemAsTheyAre()
    {
        var model = Models.Make();
        var x = Models.Vectors(3, model.Config.DModel);
        var before = x.Data.ToArray();
        var normed = ModelNorm.Final(model)!.Apply(x);

        for (var row = 0; row < 3; row++)
        {
            Assert.That(Naive.Row(normed, row), Is.EqualTo(Naive.Norm(model, "ln_final", Naive.Row(x, row))).Within(1e-6));
        }

        Assert.That(x.Data.ToArray(), Is.EqualTo(before));
    }

    [Test]
    public void ApplyLinear_TermsOfASum_AddUpToItsNormWithoutBias([Values("LN", "RMS")] string kind)
    {
        var model = Models.Make(kind);
        var norm = ModelNorm.Final(model)!;
        var terms = Models.Vectors(3, model.Config.DModel);
        var sum = Enumerable.Range(0, 3).Select(row => Naive.Row(terms, row)).Aggregate(Naive.Add);
        var scale = norm.Moments(Array.ConvertAll(sum, value => (float)value)).Scale;

        var parts = Enumerable.Range(0, 3).Select(row =>
        {
            var part = new float[model.Config.DModel];
            norm.ApplyLinear(terms.Row(row), scale, part);
            return Array.ConvertAll(part, value => (double)value);
        });

        var expected = Naive.Norm(model, "ln_final", sum).Select((value, at) => value - Naive.Weight(model, "ln_final.b", at, 0)).ToArray();
        Assert.That(parts.Aggregate(Naive.Add), Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void Norms_StandWhereTheArchitectureHasThem()
    {
        var model = Models.Make();
        Assert.That((Attention(model, 1), Mlp(model, 1), Last(model)), Is.EqualTo(("blocks.1.ln1", "blocks.1.ln2", "ln_final")));

        var post = model.WithConfig(config => config with { Traits = new HashSet<Trait> { Trait.PostNorm } });
        Assert.That((Attention(post, 0), Attention(post, 1), Mlp(post, 1), Last(post)), Is.EqualTo(((string?)null, "blocks.0.ln2", "blocks.1.ln1", (string?)null)));
        Assert.That(Attention(post.WithWeight("embed.ln.w", new float[12], 12), 0), Is.EqualTo("embed.ln"));

        var after = model.WithConfig(config => config with { NormPlacement = "after" });
        Assert.That((Attention(after, 0), Mlp(after, 0), Last(after)), Is.EqualTo(((string?)null, (string?)null, "ln_final")));

        var parallel = model.WithConfig(config => config with { ParallelAttnMlp = true });
        Assert.That((Mlp(parallel, 0), Mlp(parallel.WithoutWeight("blocks.0.ln2.w"), 0)), Is.EqualTo(("blocks.0.ln2", "blocks.0.ln1")));
        Assert.That(Last(model.WithConfig(config => config with { FinalNorm = false })), Is.Null);
    }

    private static string? Attention(Model model, int layer) => ModelNorm.BeforeAttention(model, layer)?.Name;

    private static string? Mlp(Model model, int layer) => ModelNorm.BeforeMlp(model, layer)?.Name;

    private static string? Last(Model model) => ModelNorm.Final(model)?.Name;
}
