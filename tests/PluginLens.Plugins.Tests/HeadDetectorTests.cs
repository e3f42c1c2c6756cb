using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>head-detector</c> says of heads that were planted, and of the formulas.</summary>
public sealed class HeadDetectorTests : AnalysisTests<HeadDetector>
{
    private static readonly int[] Repeated = [3, 1, 4, 3, 1, 4, 2];

    /// <summary>Head h does what <see cref="HeadPattern"/> h says, or looks at the first token; head 3 spreads evenly.</summary>
    private static readonly FakeModel Planted = new FakeModel(
        new ModelConfig { DModel = 4, NHeads = 4, NLayers = 1, DHead = 2, DVocab = 40, NCtx = 24, BosId = 7 }, new FakeTokenizer(Enumerable.Range(0, 40).Select(id => $" w{id}"), " w7"))
        .WithHook("blocks.0.attn.hook_pattern", ["batch", "4", "pos", "pos"], input =>
        {
            var tokens = input.Tokens[0];
            var data = new float[4 * tokens.Length * tokens.Length];
            for (var head = 0; head < 4; head++)
            {
                for (var query = 0; query < tokens.Length; query++)
                {
                    var row = data.AsSpan((((head * tokens.Length) + query) * tokens.Length), tokens.Length);
                    int[] keys = [.. Enumerable.Range(0, query + 1).Where(key => head == 3 || Target(head, tokens, query, key))];
                    foreach (var key in keys.Length == 0 ? [0] : keys)
                    {
                        row[key] = 1f / Math.Max(1, keys.Length);
                    }
                }
            }

            return new Tensor("pattern", data, 1, 4, tokens.Length, tokens.Length);
        });

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new HeadDetectorOptions { Sequences = 0, Layer = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new HeadDetectorOptions { Sequences = 0 }, CheckpointModels.Prompts),
        new(Gpt2, new HeadDetectorOptions { Length = 3 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["gemma2"];

    protected override string[] Undefined => ["bert", "encoder"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Encoders;

    [Test]
    public void PlantedHeads_AreFound_OnTextAndOnRandomTokens()
    {
        var results = TestRun.Execute(new HeadDetector(), Planted, new HeadDetectorOptions { K = 1 }, [new Prompt(null, Repeated)]);

        Assert.That(results.Rows<StrongestHead>("strongest").Select(row => (row.Text, row.Pattern, row.Head)), Is.EqualTo(
            from text in Enum.GetValues<TextSource>() from kind in Enum.GetValues<HeadPattern>() select (text, kind, (int)kind)));
        Assert.That(results.Rows<StrongestHead>("strongest").Select(row => row.Score), Is.All.EqualTo(1).Within(1e-6));
        Assert.That(results.Rows<HeadScores>("head-detector").Where(row => row.Head == 3).Select(row => row.Induction), Is.All.LessThan(0.4));
        Assert.That(results.Figures.Keys, Is.EquivalentTo(new[] { "previous-given", "duplicate-given", "induction-given", "previous-random", "duplicate-random", "induction-random" }));
        Assert.That(results.Notes, Has.Some.StartsWith("random: 4 sequences of 23 tokens"));
    }

    [Test]
    public void Scores_EqualTheFormulas([Values] HeadScore score, [Values] bool excludeFirst, [Values] bool excludeSelf)
    {
        var options = new HeadDetectorOptions { Score = score, ExcludeFirst = excludeFirst, ExcludeSelf = excludeSelf, Sequences = 0 };
        var rows = TestRun.Execute(new HeadDetector(), Planted, options, [new Prompt(null, Repeated), new Prompt(null, [1, 1, 5])]).Rows<HeadScores>("head-detector");

        foreach (var row in rows)
        {
            var found = new[] { row.Previous, row.Duplicate, row.Induction };
            for (var kind = 0; kind < 3; kind++)
            {
                // A text in which nothing has a target says nothing.
                var expected = new[] { Repeated, [1, 1, 5] }.Select(tokens => Naive(row.Head, kind, tokens, options)).Average();
                Assert.That(found[kind], Is.EqualTo(expected).Within(1e-6), $"head {row.Head}, {(HeadPattern)kind}");
            }
        }
    }

    [Test]
    public void TextWithoutCopies_HasNoScoreForThem()
    {
        var row = TestRun.Execute(new HeadDetector(), Planted, new HeadDetectorOptions { Sequences = 0 }, [new Prompt(null, [1, 2, 3])]).Rows<HeadScores>("head-detector")[0];

        Assert.That((row.Previous is not null, row.Duplicate, row.Induction), Is.EqualTo((true, (double?)null, (double?)null)));
    }

    [Test]
    public void NoTextAndNoRandomTokens_IsRefused() => Assert.That(
        () => TestRun.Execute(new HeadDetector(), Planted, new HeadDetectorOptions { Sequences = 0 }), Throws.TypeOf<UsageException>().With.Message.StartsWith("--sequences 0"));

    [Test]
    public void RandomTokens_FollowTheSeedAlone()
    {
        double? Score(int seed) => TestRun.Execute(new HeadDetector(), Planted, new HeadDetectorOptions { Score = HeadScore.Mul, Length = 5 }, seed: seed).Rows<HeadScores>("head-detector")[3].Duplicate;

        double?[] once = [.. Enumerable.Range(0, 5).Select(Score)], again = [.. Enumerable.Range(0, 5).Select(Score)];
        Assert.That(again, Is.EqualTo(once));
        Assert.That(once.Distinct().Count(), Is.GreaterThan(1));
    }

    private static bool Target(int kind, int[] tokens, int query, int key) => kind switch
    {
        0 => query - key == 1,
        1 => query > key && tokens[query] == tokens[key],
        _ => key >= 1 && query >= key && tokens[key - 1] == tokens[query],
    };

    /// <summary>The formulas on whole matrices.</summary>
    private static double? Naive(int head, int kind, int[] tokens, HeadDetectorOptions options)
    {
        var n = tokens.Length;
        var pattern = Planted.Run(new ModelInput(tokens), ["blocks.0.attn.hook_pattern"])["blocks.0.attn.hook_pattern"][0][head];
        double[,] a = new double[n, n], p = new double[n, n];
        for (var q = 0; q < n; q++)
        {
            for (var k = 0; k < n; k++)
            {
                var left = (options.ExcludeFirst && k == 0) || (options.ExcludeSelf && k == q);
                a[q, k] = left ? 0 : pattern.Span[(q * n) + k];
                p[q, k] = !left && k <= q && Target(kind, tokens, q, k) ? 1 : 0;
            }
        }

        double Sum(Func<double, double, double> of) => Enumerable.Range(0, n * n).Sum(at => of(a[at / n, at % n], p[at / n, at % n]));
        var on = Sum((x, y) => x * y);
        return Sum((_, y) => y) == 0 ? null : options.Score switch
        {
            HeadScore.Mul => Sum((x, _) => x) == 0 ? 0 : on / Sum((x, _) => x),
            HeadScore.Abs => 1 - (Sum((x, y) => Math.Abs(x - y)) / (n * n) * n),
            _ => on / Enumerable.Range(0, n).Count(q => Enumerable.Range(0, n).Any(k => p[q, k] > 0)),
        };
    }
}
