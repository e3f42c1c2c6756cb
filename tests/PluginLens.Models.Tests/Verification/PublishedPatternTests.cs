using System.Globalization;
using PluginLens.Models.Verification;
using PluginLens.Models.Verification.Published;
using PluginLens.Numerics;
using PluginLens.Testing;

namespace PluginLens.Models.Tests.Verification;

/// <summary>Printed tables of patterns on small models: what an independent way finds passes, anything else fails.</summary>
public sealed class PublishedPatternTests
{
    private const int Size = 8;

    private const int Words = 60;

    private static readonly CpuCompute Compute = new(1);

    private static readonly ModelConfig Config = new() { DModel = Size, NHeads = 2, NLayers = 2, DHead = 4, DVocab = Words, DMlp = Size, NCtx = Size, FinalNorm = true, Tied = true, Eps = 1e-5 };

    [TestCase(0.12, 0.005)]
    [TestCase(0.1, 0.005)]
    [TestCase(-0.099, 0.0005)]
    [TestCase(0.001, 0.00005)]
    [TestCase(9.8e-05, 5e-7)]
    [TestCase(1.0, 0.05)]
    [TestCase(0, 0)]
    public void HalfUnit_TwoDigits_FollowsFromTheFirst(double printed, double half) => Assert.That(PatternRows.HalfUnit(printed), Is.EqualTo(half).Within(1e-12));

    [Test]
    public void StaticPatterns_TwoDigitsAndListsAlone_ComparesBoth()
    {
        var model = FakeModel.Gpt2Like(Config, seed: 5);
        var row = Printed(model, Projected(model, 1, 1, Row(model.WE, 7)), 1, 1, 6) with { Word = " w7" };
        int Failing(PatternRow changed) => Failed(new StaticPatterns(new StaticPatternsData([changed])), model);
        var wrong = Enumerable.Range(0, Words).Select(id => $" w{id}").First(word => !row.Tokens.Contains(word));

        Assert.That(Failing(row), Is.Zero);
        Assert.That(Failing(row with { Scores = [] }), Is.Zero, "a list without scores");
        Assert.That(Failing(row with { Tokens = row.Tokens[..2] }), Is.Zero, "tokens cut short");
        Assert.That(Failing(row with { Scores = row.Scores[..2] }), Is.Zero, "scores cut short");
        Assert.That(Failing(row with { Tokens = [.. row.Tokens[..5], wrong] }), Is.EqualTo(1), "another token");
        Assert.That(Failing(row with { Tokens = [.. row.Tokens[..5], "no such token"] }), Is.EqualTo(1));
        Assert.That(Failing(row with { Tokens = [row.Tokens[1], row.Tokens[0], .. row.Tokens[2..]], Scores = [] }), Is.EqualTo(1), "exchanged");
        Assert.That(Failing(row with { Scores = [row.Scores[0] + 0.011, .. row.Scores[1..]] }), Is.EqualTo(1), "a digit too high");
        Assert.That(Failing(row with { Tokens = [], Scores = [.. row.Scores[..5], row.Scores[5] - 0.011] }), Is.EqualTo(1), "a digit too low, its token not printed");
        Assert.That(Failing(row with { Head = 0 }), Is.EqualTo(1), "another head");
        Assert.That(Failing(row with { Layer = 0 }), Is.EqualTo(1), "another layer");
        Assert.That(Failing(row with { Word = " w8" }), Is.EqualTo(1), "another word");
        Assert.That(Failed(new StaticPatterns(new StaticPatternsData([row])), model.WithWeight("blocks.1.attn.W_K", new float[2 * Size * 4], 2, Size, 4)), Is.EqualTo(1), "a head of zeros");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void ContextPatterns_AnyStates_NormsPatternsAndInOneTableStates(bool normsStates)
    {
        var model = WithStates(FakeModel.Gpt2Like(Config, seed: 6));
        double[] Pattern(int layer, int head)
        {
            var state = State(layer)[Size..];
            return Normed(model, "ln_final", Projected(model, layer, head, normsStates && layer > 0 ? Normed(model, "ln_final", state) : state));
        }

        PatternRow[] rows = [.. from layer in Enumerable.Range(0, 2) from head in Enumerable.Range(0, 2) select Bare(Printed(model, Pattern(layer, head), layer, head, 5))];
        var data = new ContextPatternsData(" w1 w2", normsStates, false, rows);

        Assert.That(Failed(new ContextPatterns(data), model), Is.Zero);
        Assert.That(Failed(new ContextPatterns(data with { NormsStates = !normsStates }), model), Is.EqualTo(1));
        Assert.That(Failed(new ContextPatterns(data with { NormsStates = !normsStates, Rows = rows[..2] }), model), Is.Zero, "the first state is raw in both");
        Assert.That(Failed(new ContextPatterns(data with { Rows = [rows[0] with { Head = 1 }] }), model), Is.EqualTo(1));
        Assert.That(Failed(new ContextPatterns(data with { Rows = [rows[3] with { Tokens = [.. rows[3].Tokens.Select(token => $"…{token}")] }] }), model), Is.EqualTo(1), "tokens without a leading space");
    }

    [Test]
    public void ContextPatterns_OnlyRoundTrip_LeavesOutWhatDoesNotSurviveIt()
    {
        // The best token of the list is spelt with a mark that its text does not have, and its text is not one token.
        var model = WithStates(FakeModel.Gpt2Like(Config, seed: 6));
        var all = Bare(Printed(model, Normed(model, "ln_final", Projected(model, 0, 0, State(0)[Size..])), 0, 0, 6));
        var marked = model.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, Words).Select(id => $"w{id}" == all.Tokens[0] ? $"Ġw{id}" : $" w{id}")) { Unknown = 0 });
        var others = all with { Tokens = all.Tokens[1..], Scores = all.Scores[1..] };

        Assert.That(Failed(new ContextPatterns(new ContextPatternsData(" w1 w2", false, false, [all])), marked), Is.Zero);
        Assert.That(Failed(new ContextPatterns(new ContextPatternsData(" w1 w2", false, true, [all])), marked), Is.EqualTo(1));
        Assert.That(Failed(new ContextPatterns(new ContextPatternsData(" w1 w2", false, true, [others])), marked), Is.Zero);
        Assert.That(Failed(new ContextPatterns(new ContextPatternsData(" w1 w2", false, false, [others])), marked), Is.EqualTo(1));
    }

    [TestCase(true, true, true, true)]
    [TestCase(true, false, true, true)]
    [TestCase(true, true, false, false)]
    [TestCase(false, true, true, true)]
    [TestCase(false, false, true, false)]
    [TestCase(false, false, false, true)]
    public void TokenPatterns_OneReading_IsFoundAndNamed(bool isKey, bool hasBias, bool isNormed, bool isCosine)
    {
        var model = Lively(WithStates(FakeModel.Gpt2Like(Config, seed: 7)));
        var data = new TokenPatternsData(" w1 w2", " w2", 0, [List(model, 0, isKey, hasBias, isNormed, isCosine), List(model, 1, isKey, hasBias, isNormed, isCosine)]);
        var reading = $"10 found by: {(isKey ? "key" : "query")} side, {(hasBias ? "with" : "no")} bias, {(isNormed ? "normed" : "raw")} state, {(isCosine ? "cosine" : "product")};";

        var check = new TokenPatterns(data).Run(model, Compute).Single();
        Assert.That(check.Passed, check.Detail);
        Assert.That(check.Detail, Does.Contain(reading));
        Assert.That(Failed(new TokenPatterns(data with { Heads = [data.Heads[0], List(model, 1, !isKey, hasBias, isNormed, isCosine)] }), model), Is.EqualTo(1), "two readings in one table");
        Assert.That(Failed(new TokenPatterns(data with { Heads = [data.Heads[0] with { Head = 1 }, data.Heads[1] with { Head = 0 }] }), model), Is.EqualTo(1), "heads exchanged");
        Assert.That(Failed(new TokenPatterns(data with { Heads = [data.Heads[0] with { Tokens = [.. data.Heads[0].Tokens[..4], "no such word"] }] }), model), Is.EqualTo(1));
        Assert.That(Failed(new TokenPatterns(data with { Token = " w1" }), model), Is.EqualTo(1), "another token of the prompt");
    }

    [Test]
    public void TokenPatterns_WordsThatLookAlike_CountOneByOne()
    {
        // The two best tokens are printed alike, as ' home' and 'home' are.
        var model = Lively(WithStates(FakeModel.Gpt2Like(Config, seed: 7)));
        var list = List(model, 0, true, true, true, true).Tokens;
        var alike = model.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, Words).Select(id => $"w{id}" == list[0] ? " home" : $"w{id}" == list[1] ? "home" : $" w{id}")));
        int Failing(params string[] words) => Failed(new TokenPatterns(new TokenPatternsData(" w1 w2", " w2", 0, [new HeadWords(0, words)])), alike);

        Assert.That(Failing(["home", "home", .. list[2..]]), Is.Zero);
        Assert.That(Failing(["home", "home", "home", .. list[3..]]), Is.EqualTo(1));
    }

    [Test]
    public void TokenPatterns_NothingToCompare_Fails()
    {
        var model = WithStates(FakeModel.Gpt2Like(Config, seed: 7));
        var data = new TokenPatternsData(" w1 w2", " w2", 0, [new HeadWords(0, ["w1", "w2"])]);

        Assert.That(Failed(new TokenPatterns(data with { Token = " w3" }), model), Is.EqualTo(1), "not in the prompt");
        Assert.That(
            Failed(new TokenPatterns(data), model.WithWeight("blocks.0.attn.W_K", new float[2 * Size * 4], 2, Size, 4).WithWeight("blocks.0.attn.W_Q", new float[2 * Size * 4], 2, Size, 4)),
            Is.EqualTo(1),
            "a head of zeros");
    }

    /// <summary>Biases of the size of the rest, so that every reading gives another list.</summary>
    private static FakeModel Lively(FakeModel model)
    {
        foreach (var name in (string[])["attn.b_Q", "attn.b_K", "ln1.b"])
        {
            model = model.WithWeight($"blocks.0.{name}", data =>
            {
                for (var at = 0; at < data.Length; at++)
                {
                    data[at] = 0.3f * (float)Math.Sin((3 * at) + name.Length);
                }
            });
        }

        return model;
    }

    /// <summary>The five first words of a head of layer 0 for the last token of the prompt, by plain loops.</summary>
    private static HeadWords List(Model model, int head, bool isKey, bool hasBias, bool isNormed, bool isCosine)
    {
        var x = isNormed ? Normed(model, "blocks.0.ln1", State(0)[Size..]) : State(0)[Size..];
        var (first, second) = isKey ? (model.WK(0, head), model.WQ(0, head)) : (model.WQ(0, head), model.WK(0, head));
        var bias = model.Weight(isKey ? "blocks.0.attn.b_K" : "blocks.0.attn.b_Q").AsMatrix().Row(head).ToArray();
        var inner = Enumerable.Range(0, 4).Select(j => Enumerable.Range(0, Size).Sum(i => x[i] * first.Row(i)[j]) + (hasBias ? bias[j] : 0)).ToArray();
        var pattern = Enumerable.Range(0, Size).Select(i => Enumerable.Range(0, 4).Sum(j => inner[j] * second.Row(i)[j])).ToArray();
        double Score(int id)
        {
            var row = Normed(model, "blocks.0.ln1", Row(model.WE, id));
            return Dot(pattern, row) / (isCosine ? Math.Sqrt(Dot(row, row)) : 1);
        }

        return new HeadWords(head, [.. Enumerable.Range(0, Words).OrderByDescending(Score).Take(5).Select(id => $"w{id}")]);
    }

    /// <summary>The first tokens by cosine with W_E, and the cosines to two digits.</summary>
    private static PatternRow Printed(Model model, double[] pattern, int layer, int head, int count)
    {
        double Cosine(int id) => Dot(pattern, Row(model.WE, id)) / Math.Sqrt(Dot(pattern, pattern) * Dot(Row(model.WE, id), Row(model.WE, id)));
        var first = Enumerable.Range(0, Words).OrderByDescending(Cosine).Take(count).ToArray();
        return new PatternRow(null, layer, head, [.. first.Select(id => $" w{id}")], [.. first.Select(id => double.Parse(Cosine(id).ToString("G2", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture))]);
    }

    private static PatternRow Bare(PatternRow row) => row with { Tokens = [.. row.Tokens.Select(token => token[1..])] };

    private static double[] Projected(Model model, int layer, int head, double[] x)
    {
        var (queries, keys) = (model.WQ(layer, head), model.WK(layer, head));
        return [.. Enumerable.Range(0, Size).Select(k => Enumerable.Range(0, 4).Sum(j => Enumerable.Range(0, Size).Sum(i => x[i] * queries.Row(i)[j]) * keys.Row(k)[j]))];
    }

    private static double[] Normed(Model model, string name, double[] x)
    {
        var mean = x.Average();
        var scale = Math.Sqrt(x.Average(value => (value - mean) * (value - mean)) + model.Config.Eps);
        return [.. x.Select((value, at) => ((value - mean) / scale * model.Weight($"{name}.w").Span[at]) + model.Weight($"{name}.b").Span[at])];
    }

    /// <summary>Two positions before a block.</summary>
    private static double[] State(int layer) => [.. Enumerable.Range(0, 2 * Size).Select(at => (double)(float)Math.Cos((5 * at * at) + (2 * layer) + 1))];

    private static FakeModel WithStates(FakeModel model)
    {
        foreach (var layer in Enumerable.Range(0, 2))
        {
            var state = Array.ConvertAll(State(layer), value => (float)value);
            model = model.WithHook($"blocks.{layer}.hook_resid_pre", [], _ => new Tensor("state", state, 1, 2, Size));
        }

        return model;
    }

    private static double[] Row(Matrix matrix, int row) => Array.ConvertAll(matrix.Row(row).ToArray(), value => (double)value);

    private static double Dot(double[] x, double[] y) => x.Zip(y).Sum(pair => pair.First * pair.Second);

    private static int Failed(PublishedCheck check, Model model) => check.Run(model, Compute).Count(result => !result.Passed);
}
