using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>isotropy</c> on matrices whose geometry is known.</summary>
public sealed class IsotropyTests : AnalysisTests<Isotropy>
{
    private static readonly ModelConfig Sizes = new() { DModel = 6, NHeads = 1, NLayers = 1, DHead = 6, DVocab = 12, DMlp = 4, NCtx = 4 };

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void PlusAndMinusEachAxis_IsPerfectlyIsotropic()
    {
        var e = new float[12 * 6];
        for (var token = 0; token < 12; token++)
        {
            e[(token * 6) + (token / 2)] = token % 2 == 0 ? 3 : -3;
        }

        var row = Rows(FakeModel.Gpt2Like(Sizes).WithWeight("embed.W_E", e, 12, 6))[0];

        Assert.That((row.Matrix, row.Tokens, row.Width), Is.EqualTo(("W_E", 12, 6)));
        Assert.That((row.Alpha, row.Deviation, row.Cosine, row.MeanShare), Is.EqualTo((18.0, 0.0, 1.0, 0.0)));
        Assert.That(row.LargestSingularValue, Is.EqualTo(Math.Sqrt(18)).Within(1e-12));
        Assert.That(row.SmallestSingularValue, Is.EqualTo(Math.Sqrt(18)).Within(1e-12));
    }

    [Test]
    public void EveryTokenTheSame_IsOneDirectionAndAllMean()
    {
        var row = Rows(FakeModel.Gpt2Like(Sizes).WithWeight("embed.W_E", [.. Enumerable.Range(0, 12).SelectMany(_ => new float[] { 2, 0, 0, 0, 0, 0 })], 12, 6))[0];

        // EᵀE has the single entry 48: alpha = 8, deviation = sqrt(40² + 5·8²) / (8 sqrt 6) = sqrt 5.
        Assert.That(row.Alpha, Is.EqualTo(8).Within(1e-12));
        Assert.That(row.Deviation, Is.EqualTo(Math.Sqrt(5)).Within(1e-12));
        Assert.That(row.Cosine, Is.EqualTo(1 / Math.Sqrt(6)).Within(1e-12));
        Assert.That(row.MeanShare, Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void RandomModel_EqualsTheDenseFormula([Values] bool tied)
    {
        var model = FakeModel.Gpt2Like(Sizes with { Tied = tied }, seed: 3);
        var results = TestRun.Execute(new Isotropy(), model);
        var row = results.Rows<MatrixIsotropy>("isotropy")[1];

        var u = Naive.Dense(model.WU.Transpose());
        var gram = Naive.Multiply(Naive.Transpose(u), u);
        var alpha = Enumerable.Range(0, 6).Sum(at => gram[at, at]) / 6;
        var deviation = Math.Sqrt((from i in Enumerable.Range(0, 6) from j in Enumerable.Range(0, 6) select Math.Pow(gram[i, j] - (i == j ? alpha : 0), 2)).Sum()) / (alpha * Math.Sqrt(6));
        Assert.That(row.Matrix, Is.EqualTo("W_U"));
        Assert.That(row.Alpha, Is.EqualTo(alpha).Within(1e-9));
        Assert.That(row.Deviation, Is.EqualTo(deviation).Within(1e-9));
        var values = results.Rows<SingularValue>("singular-values").Where(value => value.Matrix == "W_U").ToList();
        Assert.That(values.Sum(value => value.Value * value.Value), Is.EqualTo(6 * alpha).Within(1e-9));
        Assert.That(values[^1].EnergyShare, Is.EqualTo(1).Within(1e-12));
    }

    [Test]
    public void NoUnembedding_MeasuresTheEmbeddingAlone() => Assert.That(Rows(FakeModel.Gpt2Like(Sizes).WithoutWeight("unembed.W_U")).Select(row => row.Matrix), Is.EqualTo(new[] { "W_E" }));

    [Test]
    public void ZeroEmbedding_IsRefused() =>
        Assert.That(() => Rows(FakeModel.Gpt2Like(Sizes).WithWeight("embed.W_E", Array.Clear)), Throws.TypeOf<ModelException>().With.Message.Contains("W_E is zero"));

    private static IReadOnlyList<MatrixIsotropy> Rows(FakeModel model) => TestRun.Execute(new Isotropy(), model).Rows<MatrixIsotropy>("isotropy");
}
