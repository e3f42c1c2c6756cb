using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>logit-lens</c> says of states that were put there.</summary>
public sealed class LogitLensTests : AnalysisTests<LogitLens>
{
    private const int D = VectorModels.D;

    /// <summary>Token 12 is what the last state says, token 33 what the state before says; the input says nothing.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new LogitLensOptions { Layer = Selection.Parse("0"), Position = Selection.Parse("-1") }, CheckpointModels.Prompts),
        new(Gpt2, new LogitLensOptions { Position = Selection.Parse("-1") }, CheckpointModels.Prompts),
        new(Gpt2, new LogitLensOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["openai-gpt"];

    protected override string[] Undefined => ["bert", "encoder"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Encoders;

    [Test]
    public void Prediction_AppearsInTheLayerThatWritesIt()
    {
        var results = TestRun.Execute(new LogitLens(), Planted, new LogitLensOptions { K = 1 }, [new Prompt(null, [3])]);

        Assert.That(results.Rows<LensWord>("words").Skip(1).Select(row => (row.Layer, row.Token.Id)), Is.EqualTo(new[] { ((int?)0, 33), (1, 12) }));
        var states = results.Rows<LensState>("logit-lens");
        Assert.That(states.Select(row => row.Target!.Value.Id), Is.All.EqualTo(12));
        Assert.That(states[^1].TargetRank, Is.EqualTo(1));
        Assert.That(states[1].TargetRank, Is.GreaterThan(1));
        Assert.That(states[^1].KlToFinal, Is.Zero);
        Assert.That(states[1].KlToFinal, Is.GreaterThan(1));
    }

    [Test]
    public void Target_IsFollowedThroughTheLayers()
    {
        var states = TestRun.Execute(new LogitLens(), Planted, new LogitLensOptions { Target = "w33" }, [new Prompt(null, [3])]).Rows<LensState>("logit-lens");

        Assert.That(states.Select(row => row.Target!.Value.Id), Is.All.EqualTo(33));
        Assert.That(states[1].TargetRank, Is.EqualTo(1));
        Assert.That(states[2].TargetRank, Is.GreaterThan(1));
    }

    [Test]
    public void Figures_HaveTheOutputAtTheTop()
    {
        var figures = TestRun.Execute(new LogitLens(), Planted, prompts: [new Prompt(null, [3])]).Figures;

        var grid = (TokenGrid)figures["lens-0"];
        Assert.That(grid.YLabels, Is.EqualTo(new[] { "1", "0", "embed" }));
        Assert.That(grid.XLabels, Is.EqualTo(new[] { " w3 (0)" }));
        Assert.That(grid.Cells[0][0].Text, Is.EqualTo(" w12"));
        Assert.That(((Heatmap)figures["target-0"]).Values[0][0], Is.EqualTo(grid.Cells[0][0].Value).Within(1e-6));
    }

    [TestCase("nothing", "--target 'nothing': expected one token")]
    [TestCase("w1 w2", "--target 'w1 w2': expected one token")]
    public void Target_NotOneToken_IsRefused(string target, string message) => Assert.That(
        () => TestRun.Execute(new LogitLens(), Planted, new LogitLensOptions { Target = target }, [new Prompt(null, [3])]), Throws.TypeOf<UsageException>().With.Message.StartsWith(message).Or.Message.Contains("no word"));

    [Test]
    public void Target_WithoutTokenizer_IsAnIdInBrackets()
    {
        var model = Planted.WithTokenizer(null);
        Assert.That(TestRun.Execute(new LogitLens(), model, new LogitLensOptions { Target = "[33]" }, [new Prompt(null, [3])]).Rows<LensState>("logit-lens")[1].TargetRank, Is.EqualTo(1));
        Assert.That(() => TestRun.Execute(new LogitLens(), model, new LogitLensOptions { Target = "[47]" }, [new Prompt(null, [3])]), Throws.TypeOf<UsageException>().With.Message.Contains("[0] to [46]"));
    }

    [Test]
    public void PromptBeyondTheContext_IsRefused() => Assert.That(
        () => TestRun.Execute(new LogitLens(), Planted, prompts: [new Prompt(null, new int[9])]), Throws.TypeOf<UsageException>().With.Message.Contains("reads 1 to 8"));

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
        (string Hook, float[] State)[] states = [("blocks.0.hook_resid_pre", [3, -1, 4, -1, -5, 2, -6, 4]), ("blocks.0.hook_resid_post", Column(33)), ("blocks.1.hook_resid_post", Column(12))];
        return states.Aggregate(model, (made, state) => made.WithHook(state.Hook, ["batch", "pos", "8"], input =>
            new Tensor(state.Hook, Enumerable.Repeat(state.State, input.Tokens[0].Length).SelectMany(values => values).ToArray(), 1, input.Tokens[0].Length, D)));
    }
}
