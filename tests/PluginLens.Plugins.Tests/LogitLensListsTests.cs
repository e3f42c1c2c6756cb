using PluginLens.Numerics;
using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>The lists of <c>logit-lens</c>, taken from logits in float32, are to the last bit those of a search of the whole vocabulary in float64, also where float32 cannot tell words apart.</summary>
public sealed class LogitLensListsTests
{
    private const int D = 8, V = 700;

    /// <summary>What tokens 0 to 399 are multiples of.</summary>
    private static readonly float[] Base = [0.3f, -1.1f, 0.7f, 1.9f, -0.2f, 0.9f, -1.3f, 0.4f];

    /// <summary>Along it, against it, 0, huge, small, and two that have little to do with it.</summary>
    private static readonly float[][] States =
        [Base, [.. Base.Select(value => -value)], new float[D], [.. Base.Select(value => 1e15f * value)], [.. Base.Select(value => 1e-22f * value)], [3, -1, 4, -1, -5, 2, -6, 4], [2, 7, -1, 8, 2, -8, 1, 8]];

    [Test]
    public void Lists_AreThoseOfTheSearch([Values(1, 3, 40, 300, V, V + 5)] int k, [Values] bool biased, [Values] bool filtered, [Values(1, 2, 5)] int threads)
    {
        var model = biased ? Planted : Planted.WithoutWeight("unembed.b_U");
        var options = new LogitLensOptions { K = k, Norm = StateNorm.None, BpeFilter = filtered ? BpeFilter.LeadingSpace : BpeFilter.None };
        var words = Run(model, options, threads).ToLookup(word => (word.Layer, word.Position));

        var expected = Search(model, k, BpeFilters.Mask(model, options));
        foreach (var layer in new int?[] { null, 0, 1 })
        {
            for (var at = 0; at < States.Length; at++)
            {
                Assert.That(words[(layer, at)].Select(word => word.Token.Id), Is.EqualTo(expected.IdsOf(at).ToArray()), $"{layer} {at}");
                Assert.That(words[(layer, at)].Select(word => word.Logit), Is.EqualTo(expected.ScoresOf(at).ToArray()), $"{layer} {at}");
            }
        }
    }

    /// <summary>Else the test above would prove nothing.</summary>
    [Test]
    public void PlantedLogits_AreInAnotherOrderInFloat32()
    {
        var logits = new CpuCompute(threads: 1).Multiply(Dense, Planted.WU);
        var expected = Search(Planted.WithoutWeight("unembed.b_U"), 40, keep: null);
        int[] best = [.. Enumerable.Range(0, V).OrderByDescending(token => logits.Row(0)[token]).ThenBy(token => token).Take(40)];

        Assert.That(best, Is.Not.EquivalentTo(expected.IdsOf(0).ToArray()));
        Assert.That(expected.ScoresOf(0).ToArray().Distinct().Count(), Is.LessThan(40), "some are equal");
    }

    [Test]
    public void SoftCap_WhichMakesLogitsEqual_ChangesNoList()
    {
        var model = Planted.WithConfig(config => config with { OutputLogitsSoftCap = 0.5 });
        var words = Run(model, new LogitLensOptions { K = 40, Norm = StateNorm.None }, threads: 1);

        Assert.That(words.Where(word => word.Layer == 1 && word.Position == 0).Select(word => word.Token.Id), Is.EqualTo(Search(model, 40, keep: null).IdsOf(0).ToArray()));
        Assert.That(words.Where(word => word.Layer == 1 && word.Position == 3).Select(word => word.Logit), Is.All.EqualTo(0.5));
    }

    [Test]
    public void EqualLogits_AreEquallyLikely()
    {
        var states = TestRun.Execute(new LogitLens(), Planted.WithoutWeight("unembed.b_U"), new LogitLensOptions { Norm = StateNorm.None, Target = "w1" }, [new Prompt(null, new int[States.Length])])
            .Rows<LensState>("logit-lens");

        var equal = states.Single(state => state.Layer == 1 && state.Position == 2);
        Assert.That(equal.Entropy, Is.EqualTo(Math.Log(V)).Within(1e-14));
        Assert.That(equal.TargetProbability, Is.EqualTo(1.0 / V).Within(1e-16));
        Assert.That(equal.TargetRank, Is.EqualTo(2));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    public void NoNumbers_AreRefused(float value)
    {
        void In(string weight) => Run(Planted.WithWeight(weight, data => data[^1] = value), new LogitLensOptions { K = 2, Norm = StateNorm.None }, threads: 1);

        Assert.That(() => In("unembed.b_U"), Throws.ArgumentException.With.Message.StartsWith($"Expected finite numbers in Bias, found {value} at {V - 1}"));
        Assert.That(() => In("unembed.W_U"), Throws.ArgumentException.With.Message.StartsWith($"Expected finite numbers in matrix B, found {value} in row"));
        Assert.That(
            () => Run(Hooked(Planted, [value, .. Base[1..]]), new LogitLensOptions { K = 2, Norm = StateNorm.None }, threads: 1),
            Throws.ArgumentException.With.Message.StartsWith($"Expected finite numbers in matrix A, found {value} in row 0, column 0"));
    }

    private static FakeModel Planted { get; } = Plant();

    private static Matrix Dense => new(States.SelectMany(state => state).ToArray(), States.Length, D);

    private static List<LensWord> Run(Model model, LogitLensOptions options, int threads) =>
        TestRun.Execute(new LogitLens(), model, options, [new Prompt(null, new int[States.Length])], compute: new CpuCompute(threads)).Rows<LensWord>("words").ToList();

    private static RowTopK Search(Model model, int k, bool[]? keep) => new CpuCompute(threads: 1).TopRows(
        Dense, model.WU.Transpose(), new RowQuery { K = k, Keep = keep, Bias = model.HasWeight("unembed.b_U") ? model.Weight("unembed.b_U").Data.ToArray() : null });

    // Twenty tokens each are equal, and their neighbours differ by the last bit of float32 in one coordinate.
    private static FakeModel Plant()
    {
        var sizes = new ModelConfig { DModel = D, NHeads = 4, NLayers = 2, DHead = 2, DVocab = V, DMlp = 10, NCtx = 8 };
        var tokenizer = new FakeTokenizer(Enumerable.Range(0, V).Select(id => id % 3 == 0 ? $"w{id}" : $" w{id}"));
        var model = FakeModel.Gpt2Like(sizes, seed: 4, tokenizer).WithWeight("unembed.W_U", data =>
        {
            for (var token = 0; token < 400; token++)
            {
                var (step, changed) = Math.DivRem(token % 20, D);
                for (var at = 0; at < D; at++)
                {
                    data[(at * V) + token] = at == changed ? BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(Base[at]) + step + 1) : Base[at];
                }
            }
        }).WithWeight("unembed.b_U", data => Array.Fill(data, 0.25f, 0, 400));
        return Hooked(model, Base);
    }

    private static FakeModel Hooked(FakeModel model, float[] first) => new[] { "blocks.0.hook_resid_pre", "blocks.0.hook_resid_post", "blocks.1.hook_resid_post" }.Aggregate(
        model, (made, hook) => made.WithHook(hook, ["batch", "pos", "8"], _ => new Tensor(hook, first.Concat(States.Skip(1).SelectMany(state => state)).ToArray(), 1, States.Length, D)));
}
