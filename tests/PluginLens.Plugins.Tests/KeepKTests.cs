using PluginLens.Plugins.Parameters;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary><c>keep-k</c> equals the dense formula.</summary>
public sealed class KeepKTests : AnalysisTests<KeepK>
{
    private const int V = 40;
    private static readonly ModelConfig Sizes = new() { DModel = 8, NHeads = 2, NLayers = 2, DHead = 4, DVocab = V, DMlp = 6, NCtx = 8 };

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new KeepKOptions { K = [2], Samples = 5 }),
        new(Fake, new KeepKOptions { K = [2, 4], Samples = 5 }),
        new(Fake, new KeepKOptions { K = [2, 4], Samples = 30 }),
    ];

    protected override string[] Approximate => ["encoder"];

    protected override string[] Undefined => [];

    [Test]
    public void ValuesAndHidden_EqualTheDenseFormula([Values(Vectors.Values, Vectors.Hidden)] Vectors x, [Values] bool tied, [Values] EmbeddingChoice embedding)
    {
        var model = WithStates(FakeModel.Gpt2Like(Sizes with { Tied = tied }, seed: 4));
        int[] sizes = [1, 3, 10, 39, 40, 1000];
        var rows = TestRun.Execute(new KeepK(), model, new KeepKOptions { X = x, K = sizes, Embedding = embedding }, [TestRun.Prompt(model, " w3 w1 w4 w1 w5")]).Rows<KeepKRow>("keep-k");

        var vectors = x == Vectors.Values
            ? Stack([.. Enumerable.Range(0, 2).Select(layer => Naive.Dense(model.Weight($"blocks.{layer}.mlp.W_out").AsMatrix()))])
            : Stack([.. Enumerable.Range(0, 2).Select(layer => Naive.Dense(State(model, layer, [3, 1, 4, 1, 5])[0].AsMatrix()))]);
        var e = Naive.Dense(embedding == EmbeddingChoice.Input ? model.WE : model.WU.Transpose());
        var f = PseudoInverseTransposed(e);
        var truth = Naive.Multiply(vectors, Naive.Transpose(vectors));
        Assert.That(rows.Select(row => row.K), Is.EqualTo(new[] { 1, 3, 10, 39, 40 }), "1,000 is all 40");
        foreach (var row in rows)
        {
            var kept = Keep(Naive.Multiply(vectors, Naive.Transpose(e)), row.K);
            var inverse = Keep(Naive.Multiply(vectors, Naive.Transpose(f)), row.K);
            Assert.That(row.Transpose, Is.EqualTo(Cosine(truth, Naive.Multiply(kept, Naive.Transpose(kept)))).Within(1e-5), $"k = {row.K}");
            Assert.That(row.PseudoInverse, Is.EqualTo(Cosine(truth, Naive.Multiply(kept, Naive.Transpose(inverse)))).Within(1e-5), $"k = {row.K}");
        }
    }

    [Test]
    public void AllEntriesKept_PseudoInverseIsExact()
    {
        var row = TestRun.Execute(new KeepK(), FakeModel.Gpt2Like(Sizes), new KeepKOptions { K = [V], Samples = 30 }).Rows<KeepKRow>("keep-k")[0];

        Assert.That(row.PseudoInverse, Is.EqualTo(1).Within(1e-9));
        Assert.That(row.Transpose, Is.LessThan(0.999));
    }

    [Test]
    public void NormalVectors_DependOnTheSeedAlone()
    {
        double Score(int seed) => TestRun.Execute(new KeepK(), FakeModel.Gpt2Like(Sizes), new KeepKOptions { K = [5], Samples = 20 }, seed: seed).Rows<KeepKRow>("keep-k")[0].Transpose;

        var first = Score(1);

        Assert.That(Score(1), Is.EqualTo(first));
        Assert.That(Score(2), Is.Not.EqualTo(first));
    }

    [Test]
    public void MoreRowsThanSamples_TakesThatMany() =>
        Assert.That(TestRun.Execute(new KeepK(), FakeModel.Gpt2Like(Sizes), new KeepKOptions { X = Vectors.Values, Samples = 7 }).Notes[0], Does.StartWith("7 vectors"));

    [Test]
    public void ValuesWithoutMlps_AreRefused() => Assert.That(
        () => TestRun.Execute(new KeepK(), FakeModel.Gpt2Like(Sizes with { DMlp = 0, AttnOnly = true }), new KeepKOptions { X = Vectors.Values }),
        Throws.TypeOf<UsageException>().With.Message.Contains("no MLPs"));


    private static FakeModel WithStates(FakeModel model) => Enumerable.Range(0, 2).Aggregate(
        model, (made, layer) => made.WithHook($"blocks.{layer}.hook_resid_post", ["batch", "pos", "8"], input => State(model, layer, input.Tokens[0])));

    /// <summary>Any states will do: embedding rows, twisted by layer.</summary>
    private static Tensor State(FakeModel model, int layer, int[] tokens) =>
        new("state", tokens.SelectMany(token => model.WE.Row(token).ToArray().Select((value, at) => value + (0.05f * (layer + at)))).ToArray(), 1, tokens.Length, 8);

    private static double[,] Stack(double[][,] parts)
    {
        var stacked = new double[parts.Sum(part => part.GetLength(0)), parts[0].GetLength(1)];
        var at = 0;
        foreach (var part in parts)
        {
            for (var i = 0; i < part.GetLength(0); i++, at++)
            {
                for (var j = 0; j < part.GetLength(1); j++)
                {
                    stacked[at, j] = part[i, j];
                }
            }
        }

        return stacked;
    }

    private static double[,] Keep(double[,] rows, int k)
    {
        var kept = new double[rows.GetLength(0), rows.GetLength(1)];
        for (var i = 0; i < rows.GetLength(0); i++)
        {
            foreach (var j in Enumerable.Range(0, rows.GetLength(1)).OrderByDescending(j => Math.Abs(rows[i, j])).ThenBy(j => j).Take(k))
            {
                kept[i, j] = rows[i, j];
            }
        }

        return kept;
    }

    private static double Cosine(double[,] a, double[,] b)
    {
        var (x, y) = (a.Cast<double>().ToArray(), b.Cast<double>().ToArray());
        return x.Zip(y, (p, q) => p * q).Sum() / Math.Sqrt(x.Sum(p => p * p) * y.Sum(q => q * q));
    }

    /// <summary>E (EᵀE)⁻¹ by Gauss-Jordan elimination.</summary>
    private static double[,] PseudoInverseTransposed(double[,] e)
    {
        var s = Naive.Multiply(Naive.Transpose(e), e);
        var d = s.GetLength(0);
        var inverse = new double[d, d];
        for (var i = 0; i < d; i++)
        {
            inverse[i, i] = 1;
        }

        for (var pivot = 0; pivot < d; pivot++)
        {
            var scale = s[pivot, pivot];
            for (var j = 0; j < d; j++)
            {
                s[pivot, j] /= scale;
                inverse[pivot, j] /= scale;
            }

            for (var i = 0; i < d; i++)
            {
                var factor = i == pivot ? 0 : s[i, pivot];
                for (var j = 0; j < d; j++)
                {
                    s[i, j] -= factor * s[pivot, j];
                    inverse[i, j] -= factor * inverse[pivot, j];
                }
            }
        }

        return Naive.Multiply(e, inverse);
    }
}
