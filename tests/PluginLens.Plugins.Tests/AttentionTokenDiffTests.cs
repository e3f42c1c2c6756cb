using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

public sealed class AttentionTokenDiffTests : AnalysisTests<AttentionTokenDiff>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttentionTokenDiffOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenDiffOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenDiffOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    [Test]
    public void ATokenMore_IsANewRow_AndNothingOfThePromptChanges()
    {
        var results = TestRun.Execute(new AttentionTokenDiff(), Gpt2(), new AttentionTokenDiffOptions { Component = AttentionComponent.K }, [new Prompt(null, [5, 6, 7])]);

        var rows = results.Rows<DiffCell>("attention-token-diff");
        Assert.That(rows.Select(row => (row.I, row.Change, row.Before)), Is.All.EqualTo((3, CellChange.Added, (Token?)null)));
        Assert.That(rows, Has.Count.EqualTo(4 * results.Rows<DiffHead>("heads").Count));
        Assert.That(results.Rows<DiffHead>("heads").Select(head => (head.Added, head.Changed)), Is.All.EqualTo((4, 0)));
        Assert.That(results.Notes, Has.Some.Contains("the model's first choice").And.Some.Contains("no cell of the prompt changed, as in every causal model"));
    }

    [Test]
    public void AnotherToken_ChangesItsRowAndThoseBehind_OnlyWhatCannotBeIsRefused()
    {
        var text = Gpt2().Token(300).Text;
        var results = TestRun.Execute(new AttentionTokenDiff(), Gpt2(), new AttentionTokenDiffOptions { Component = AttentionComponent.Q, Replace = 1, Next = text }, [new Prompt(null, [5, 6, 7])]);

        var rows = results.Rows<DiffCell>("attention-token-diff");
        Assert.That(rows, Is.Not.Empty);
        Assert.That(results.Notes, Has.None.Contains("to which a token is added"));
        Assert.That(rows.Select(row => row.I), Is.All.GreaterThanOrEqualTo(1));
        Assert.That(rows.Select(row => row.Change), Is.All.EqualTo(CellChange.Changed));
        void Refused(AttentionTokenDiffOptions options, string message, params int[] tokens) => Assert.That(
            () => TestRun.Execute(new AttentionTokenDiff(), Gpt2(), options, [new Prompt(null, tokens)]), Throws.TypeOf<UsageException>().With.Message.Contains(message));
        Refused(new AttentionTokenDiffOptions { Replace = 0 }, "name the token with --next", 5);
        Refused(new AttentionTokenDiffOptions { Replace = 3, Next = text }, "this prompt has position 0 alone", 5);
        Refused(new AttentionTokenDiffOptions(), "no token can follow", new int[Gpt2().Config.NCtx]);
        Assert.That(
            () => TestRun.Execute(new AttentionTokenDiff(), CheckpointModels.Get("bert"), new AttentionTokenDiffOptions(), CheckpointModels.Prompts),
            Throws.TypeOf<UsageException>().With.Message.Contains("does not say which token comes next"));
    }
}
