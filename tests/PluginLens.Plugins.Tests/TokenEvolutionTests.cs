using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>token-evolution</c> says of states that were put there.</summary>
public sealed class TokenEvolutionTests : AnalysisTests<TokenEvolution>
{
    private const int D = VectorModels.D;

    /// <summary>Every token is itself (token 5) at first, token 33 at the input of layer 1; token 12 is predicted.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenEvolutionOptions { Layer = Selection.Parse("0"), Position = Selection.Parse("-1") }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEvolutionOptions { Position = Selection.Parse("-1") }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEvolutionOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["openai-gpt"];

    protected override string[] Undefined => ["bert", "encoder"];

    protected override IEnumerable<string> UndefinedCheckpoints => CheckpointModels.Encoders;

    [Test]
    public void Tokens_BecomeWhatTheirStatesSay()
    {
        var results = TestRun.Execute(new TokenEvolution(), Planted, new TokenEvolutionOptions { K = 1 }, [new Prompt(null, [5, 5])]);

        (int, int?, int)[] expected = [(0, 0, 5), (0, 1, 33), (0, null, 12), (1, 0, 5), (1, 1, 33), (1, null, 12)];
        Assert.That(results.Rows<EvolvedWord>("token-evolution").Select(row => (row.Position, row.Layer, row.Token.Id)), Is.EqualTo(expected));
        Assert.That(results.Rows<EvolutionChange>("changes"), Is.EqualTo(new[] { new EvolutionChange(0, 0, StateKind.Block, 1, 2, 2), new EvolutionChange(0, 1, StateKind.Predicted, null, 2, 2) }));
    }

    [Test]
    public void Figures_AreAGridOfFirstWordsAndOneOfLists_TheInputAtTheTop()
    {
        var figures = TestRun.Execute(new TokenEvolution(), Planted, new TokenEvolutionOptions { K = 3 }, [new Prompt(null, [5, 5])]).Figures;

        Assert.That(figures.Keys, Is.EquivalentTo(new[] { "top-1-0", "top-3-0" }));
        var (first, lists) = ((TokenGrid)figures["top-1-0"], (TokenGrid)figures["top-3-0"]);
        Assert.That(first.YLabels, Is.EqualTo(new[] { "0", "1", "predicted" }));
        Assert.That(first.XLabels, Is.EqualTo(new[] { " w5 (0)", " w5 (1)" }));
        Assert.That(first.Cells.Select(row => row[1].Text), Is.EqualTo(new[] { " w5", " w33", " w12" }));
        Assert.That(lists.Cells[1][0].Text, Is.EqualTo(first.Cells[1][0].Detail).And.StartWith(" w33 w"));
    }

    [Test]
    public void PromptBeyondTheContext_IsRefused() => Assert.That(
        () => TestRun.Execute(new TokenEvolution(), Planted, prompts: [new Prompt(null, new int[9])]), Throws.TypeOf<UsageException>().With.Message.Contains("reads 1 to 8"));

    private static FakeModel Plant()
    {
        var model = VectorModels.Make().WithWeight("unembed.W_U", data =>
        {
            for (var at = 0; at < D; at++)
            {
                foreach (var token in new[] { 5, 12, 33 })
                {
                    data[(at * VectorModels.V) + token] *= 20;
                }
            }
        });
        float[] Column(int token) => [.. Enumerable.Range(0, D).Select(at => model.WU.Row(at)[token])];
        (string Hook, float[] State)[] states = [("blocks.0.hook_resid_pre", Column(5)), ("blocks.0.hook_resid_post", Column(33)), ("blocks.1.hook_resid_post", Column(12))];
        return states.Aggregate(model, (made, state) => made.WithHook(state.Hook, ["batch", "pos", "8"], input =>
            new Tensor(state.Hook, Enumerable.Repeat(state.State, input.Tokens[0].Length).SelectMany(values => values).ToArray(), 1, input.Tokens[0].Length, D)));
    }
}
