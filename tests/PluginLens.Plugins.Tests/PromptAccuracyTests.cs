using System.Text;
using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>prompt-accuracy</c> says of predictions that were put there.</summary>
public sealed class PromptAccuracyTests : AnalysisTests<PromptAccuracy>
{
    private const int D = VectorModels.D;

    /// <summary>Predicts token 12 after an even token and token 33 after an odd one.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, Prompts: CheckpointModels.Prompts[1..]),
        new(Gpt2, Prompts: CheckpointModels.Prompts[..1]),
        new(Gpt2, Prompts: CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => ["bert", "encoder"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Encoders;

    [Test]
    public void Hits_AreCounted_OverAllTokensButTheFirst()
    {
        var results = TestRun.Execute(new PromptAccuracy(), Planted, prompts: [new Prompt(null, [4, 12, 12, 33, 33])]);

        var rows = results.Rows<PredictedToken>("prompt-accuracy");
        Assert.That(rows.Select(row => (row.Predicted.Id, row.Next?.Id, row.Hit)), Is.EqualTo(
            new (int, int?, bool?)[] { (12, 12, true), (12, 12, true), (12, 33, false), (33, 33, true), (33, null, null) }));
        Assert.That(rows.Select(row => row.Rank > 1), Is.EqualTo(new[] { false, false, true, false, false }));
        Assert.That(rows[0].Loss, Is.EqualTo(-Math.Log(rows[0].Probability)).Within(1e-12));
        Assert.That(results.Rows<Accuracy>("accuracy"), Is.EqualTo(new[] { new Accuracy(0, 3, 4, 0.75, rows.Average(row => row.Loss)) }));
        Assert.That(((Chart)results.Figures["loss-0"]).XLabels, Is.EqualTo(new[] { " w12 (1)", " w12 (2)", " w33 (3)", " w33 (4)" }));
    }

    [Test]
    public void OneToken_HasAPredictionAlone()
    {
        var results = TestRun.Execute(new PromptAccuracy(), Planted, prompts: [new Prompt(null, [3])]);

        Assert.That(results.Rows<PredictedToken>("prompt-accuracy").Single().Predicted.Id, Is.EqualTo(33));
        Assert.That(results.Rows<Accuracy>("accuracy").Single(), Is.EqualTo(new Accuracy(0, 0, 0, null, null)));
        Assert.That(results.Figures, Is.Empty);
    }

    [Test]
    public void Document_HasAPrefixALine_AndThePredictionBetweenBars()
    {
        var results = TestRun.Execute(new PromptAccuracy(), Planted, new PromptAccuracyOptions { Layout = Layout.Document }, [new Prompt(null, [4, 12, 3]), new Prompt(null, [2])]);

        Assert.That(Encoding.UTF8.GetString(results.Files["prompt-accuracy-document.txt"]), Is.EqualTo(" w4| w12|\n w4 w12| w12|\n w4 w12 w3| w33|\n\n w2| w12|\n"));
    }

    [Test]
    public void Document_WithoutTokenizer_IsRefused() => Assert.That(
        () => TestRun.Execute(new PromptAccuracy(), Planted.WithTokenizer(null), new PromptAccuracyOptions { Layout = Layout.Document }, [new Prompt(null, [3])]),
        Throws.TypeOf<UsageException>().With.Message.StartsWith("--layout document: model"));

    [Test]
    public void PromptBeyondTheContext_IsRefused() => Assert.That(
        () => TestRun.Execute(new PromptAccuracy(), Planted, prompts: [new Prompt(null, new int[9])]), Throws.TypeOf<UsageException>().With.Message.Contains("reads 1 to 8"));

    private static FakeModel Plant()
    {
        var model = VectorModels.Make().WithWeight("unembed.W_U", data =>
        {
            for (var at = 0; at < D; at++)
            {
                data[(at * VectorModels.V) + 12] *= 20;
                data[(at * VectorModels.V) + 33] *= 20;
            }
        });
        float[] Column(int token) => [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[token])];
        return model.WithHook("blocks.1.hook_resid_post", ["batch", "pos", "8"], input => new Tensor(
            "state", input.Tokens[0].SelectMany(token => Column(token % 2 == 0 ? 12 : 33)).ToArray(), 1, input.Tokens[0].Length, D));
    }
}
