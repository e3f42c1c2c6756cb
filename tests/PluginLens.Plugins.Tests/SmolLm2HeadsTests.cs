using PluginLens.Models;
using PluginLens.Plugins.Attribution;
using PluginLens.Plugins.States;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>
/// What heads and layers of a real decoder do equals what an independent float64 implementation found in the same weights (tests/Golden/smollm2-135m/analyses.safetensors): scores of heads and
/// losses on repeated random tokens, the answer's rank in the lens, the parts of a difference of two logits.
/// </summary>
public sealed class SmolLm2HeadsTests
{
    private static readonly SafetensorsFile Golden = new(Path.Combine(Repository.Root, "tests", "Golden", "smollm2-135m", "analyses.safetensors"));

    /// <summary>Forty random tokens, twice.</summary>
    private static readonly int[] Once =
    [
        9974, 4730, 3571, 14488, 12422, 8853, 15596, 19782, 17142, 7145, 13622, 13129, 9477, 19702, 18340, 8636, 3133, 17267, 12898, 2155,
        12946, 18895, 10892, 2627, 18834, 17128, 3282, 11691, 6635, 9342, 7746, 1913, 2173, 17814, 4625, 17233, 14546, 10340, 17588, 11351,
    ];

    private static readonly Prompt Repeated = new(null, [.. Once, .. Once]);

    private OnnxModel _model = null!;

    [OneTimeSetUp]
    public void Open() => _model = ModelFolder.Open(Path.Combine(Repository.Root, "models", "onnx", "smollm2-135m"), new OpenOptions { Device = Device.Cpu });

    [OneTimeTearDown]
    public void Close() => _model.Dispose();

    [Test]
    public void ScoresOfHeads_OnRepeatedTokens_EqualTheReference()
    {
        var scores = TestRun.Execute(new HeadDetector(), _model, new HeadDetectorOptions { Sequences = 0 }, [Repeated]).Rows<HeadScores>("head-detector");
        var sinks = TestRun.Execute(new BosSink(), _model, prompts: [Repeated]).Rows<SinkHead>("bos-sink");

        void AssertGrid(string name, IEnumerable<double?> found) => Assert.That(found, Is.EqualTo(Golden.Floats(name).Data.ToArray()).Within(1e-3), name);
        AssertGrid("repeat.previous", scores.Select(row => row.Previous));
        AssertGrid("repeat.duplicate", scores.Select(row => row.Duplicate));
        AssertGrid("repeat.induction", scores.Select(row => row.Induction));
        AssertGrid("repeat.sink", sinks.Select(row => row.Mean));
        Assert.That(scores.MaxBy(row => row.Induction) is { Layer: 18, Head: 6 });
    }

    [Test]
    public void Losses_OfBothHalves_EqualTheReference()
    {
        var rows = TestRun.Execute(new PromptAccuracy(), _model, prompts: [Repeated]).Rows<PredictedToken>("prompt-accuracy");

        // Tokens 1 to 39, and 41 to 79.
        double?[] halves = [rows.Take(39).Average(row => row.Loss), rows.Skip(40).Take(39).Average(row => row.Loss)];
        Assert.That(halves, Is.EqualTo(Golden.Floats("repeat.loss_halves").Data.ToArray()).Within(1e-3));
    }

    [TestCase("capital", "The capital of France is", "Paris")]
    [TestCase("ioi", "When Mary and John went to the store, John gave a drink to", "Mary")]
    public void Lens_FollowsTheAnswer_AsTheReferenceDoes(string name, string text, string answer)
    {
        var rows = Lens(text, answer);

        var golden = Golden.Floats($"{name}.lens_rank_logit").AsMatrix();
        Assert.That(rows, Has.Count.EqualTo(golden.Rows));
        foreach (var (at, row) in rows.Index())
        {
            // Logits of a float32 pass are off by 2e-4 at most: tokens nearer than that may change places with the answer.
            Assert.That(row.TargetLogit, Is.EqualTo(golden.Row(at)[1]).Within(1e-3), $"{row}");
            Assert.That(row.TargetRank, Is.EqualTo((int)golden.Row(at)[0]).Within(Math.Max(0, (int)(golden.Row(at)[0] / 500))), $"{row}");
        }
    }

    [Test]
    public void Lens_OfAThirdPrompt_ShowsTheAnswerFromTheTwentyThirdBlockOn()
    {
        var ranks = Lens("The Eiffel Tower is in the city of", "Paris").Where(row => row.Kind == StateKind.Block).ToDictionary(row => row.Layer!.Value, row => row.TargetRank!.Value);

        Assert.That(new[] { 10, 20, 22, 23, 24, 26, 27, 28, 29 }.Select(layer => ranks[layer]), Is.EqualTo(new[] { 5426, 5960, 4851, 778, 163, 34, 4, 1, 1 }).Using<int>((a, b) => Math.Abs(a - b) <= b / 500));
    }

    [TestCase("capital", "The capital of France is", "Paris", "London")]
    [TestCase("ioi", "When Mary and John went to the store, John gave a drink to", "Mary", "John")]
    public void HeadLens_OfTwoTokens_GivesThePartsOfTheirDifference(string name, string text, string token, string against)
    {
        var options = new HeadLensOptions { OnlyFromList = new WordList("two", [token, against]), K = 20 };
        var rows = TestRun.Execute(new HeadLens(), _model, options, [TestRun.Prompt(_model, text)]).Rows<WrittenWord>("head-lens");

        double[] Difference(ContributionKind kind) =>
        [
            .. rows.Where(row => row.Kind == kind).GroupBy(row => (row.Layer, row.Head)).Select(list =>
                list.Single(row => row.Token.Text == $" {token}").Score - list.Single(row => row.Token.Text == $" {against}").Score),
        ];
        Assert.That(Difference(ContributionKind.Head), Is.EqualTo(Golden.Floats($"{name}.dla_heads").Data.ToArray()).Within(1e-3));
        Assert.That(Difference(ContributionKind.Mlp), Is.EqualTo(Golden.Floats($"{name}.dla_mlp").Data.ToArray()).Within(1e-3));
    }

    private IReadOnlyList<LensState> Lens(string text, string answer) => TestRun.Execute(
        new LogitLens(), _model, new LogitLensOptions { Target = answer, Position = Selection.Parse("-1"), K = 1 }, [TestRun.Prompt(_model, text)]).Rows<LensState>("logit-lens");
}
