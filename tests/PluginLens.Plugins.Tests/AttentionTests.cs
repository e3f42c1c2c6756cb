using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>attention</c> says of patterns that were put there.</summary>
public sealed class AttentionTests : AnalysisTests<Attention>
{
    /// <summary>Head 0 looks at the token before, head 1 at itself; the first token has no other.</summary>
    private static readonly FakeModel Planted = new FakeModel(
        new ModelConfig { DModel = 4, NHeads = 2, NLayers = 1, DHead = 2, DVocab = 9, NCtx = 80 }, new FakeTokenizer(Enumerable.Range(0, 9).Select(id => $" w{id}")))
        .WithHook("blocks.0.attn.hook_pattern", ["batch", "2", "pos", "pos"], input =>
        {
            var length = input.Tokens[0].Length;
            var data = new float[2 * length * length];
            for (var query = 0; query < length; query++)
            {
                data[(query * length) + Math.Max(0, query - 1)] = 1;
                data[(length * length) + (query * length) + query] = 1;
            }

            return new Tensor("pattern", data, 1, 2, length, length);
        });

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttentionOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionOptions { Head = Selection.Parse("1") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionOptions { K = 0 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void Heads_AreWhatTheyLookAt()
    {
        var results = TestRun.Execute(new Attention(), Planted, prompts: [new Prompt(null, [3, 1, 4])]);

        Assert.That(results.Rows<AttentionHead>("heads"), Is.EqualTo(new[] { new AttentionHead(0, 0, 0, 1 / 3.0, 1, 0.5, 0), new AttentionHead(0, 0, 1, 1, 0, 0, 0) }));
        Assert.That(results.Rows<AttentionWeight>("attention").Select(row => (row.Head, row.Query.Text, row.Key.Text, row.Weight)), Is.EqualTo(
            new[] { (0, " w3", " w3", 1.0), (0, " w1", " w3", 1), (0, " w4", " w1", 1), (1, " w3", " w3", 1), (1, " w1", " w1", 1), (1, " w4", " w4", 1) }));
        Assert.That(((Heatmap)results.Figures["attention-0-l0h0"]).XLabels, Is.EqualTo(new[] { " w3 (0)", " w1 (1)", " w4 (2)" }));
    }

    [Test]
    public void OneToken_HasNoneBefore()
    {
        var head = TestRun.Execute(new Attention(), Planted, prompts: [new Prompt(null, [3])]).Rows<AttentionHead>("heads")[0];

        Assert.That((head.Self, head.Previous, head.First), Is.EqualTo((1.0, (double?)null, (double?)null)));
    }

    [Test]
    public void LongPrompt_IsNotDrawn_AndThatIsSaid()
    {
        var results = TestRun.Execute(new Attention(), Planted, prompts: [new Prompt(null, new int[65])]);

        Assert.That(results.Figures, Is.Empty);
        Assert.That(results.Notes, Has.Some.EqualTo("prompt 0 has 65 tokens: no heat maps beyond --draw 64"));
    }

    [Test]
    public void PromptBeyondTheContext_IsRefused() => Assert.That(
        () => TestRun.Execute(new Attention(), Planted, prompts: [new Prompt(null, new int[81])]), Throws.TypeOf<UsageException>().With.Message.Contains("reads 1 to 80"));
}
