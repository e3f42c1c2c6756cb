using PluginLens.Plugins.States;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>bos-sink</c> says of heads that were planted.</summary>
public sealed class BosSinkTests : AnalysisTests<BosSink>
{
    /// <summary>Head 0 parks everything on the first token, head 1 looks at itself, head 2 gives the first token a quarter and the rest to itself.</summary>
    private static readonly FakeModel Planted = new FakeModel(
        new ModelConfig { DModel = 4, NHeads = 3, NLayers = 1, DHead = 2, DVocab = 9, NCtx = 80 }, new FakeTokenizer(Enumerable.Range(0, 9).Select(id => $" w{id}")))
        .WithHook("blocks.0.attn.hook_pattern", ["batch", "3", "pos", "pos"], input =>
        {
            var length = input.Tokens[0].Length;
            var data = new float[3 * length * length];
            for (var query = 0; query < length; query++)
            {
                foreach (var (head, parked) in new[] { 1f, 0, 0.25f }.Index())
                {
                    var row = data.AsSpan(((head * length) + query) * length, length);
                    row[query] += 1 - parked;
                    row[0] += parked;
                }
            }

            return new Tensor("pattern", data, 1, 3, length, length);
        });

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new BosSinkOptions { Layer = Selection.Parse("0"), Head = Selection.Parse("1") }, CheckpointModels.Prompts),
        new(Gpt2, new BosSinkOptions { Head = Selection.Parse("1") }, CheckpointModels.Prompts),
        new(Gpt2, new BosSinkOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void Heads_ThatPark_AreSinks()
    {
        var results = TestRun.Execute(new BosSink(), Planted, prompts: [new Prompt(null, [3, 1, 4]), new Prompt(null, [3, 1])]);

        Assert.That(results.Rows<SinkHead>("bos-sink"), Is.EqualTo(new[]
        {
            new SinkHead(0, 0, 1, 1, true, 3), new SinkHead(0, 1, 0, 0, false, 3), new SinkHead(0, 2, 0.25, 0.25, false, 3),
        }));
        Assert.That(results.Notes, Is.EqualTo(new[] { "3 queries of 2 prompts, the first tokens themselves left out; mean of all heads 0.417; 1 of 3 heads give it more than 0.5" }));
        Assert.That(((Heatmap)results.Figures["bos-sink-mean"]).Values[0], Is.EqualTo(new[] { 1, 0, 0.25 }));
        Assert.That(((Heatmap)results.Figures["bos-sink-max"]).Values[0], Is.EqualTo(new[] { 1, 0, 0.25 }));
    }

    [Test]
    public void FirstToken_Included_CountsWithOne()
    {
        var heads = TestRun.Execute(new BosSink(), Planted, new BosSinkOptions { IncludeFirst = true, Above = 0.4 }, [new Prompt(null, [3, 1, 4])]).Rows<SinkHead>("bos-sink");

        Assert.That(heads.Select(head => head.Mean), Is.EqualTo(new[] { 1, 1 / 3.0, 0.5 }));
        Assert.That(heads.Select(head => head.Max), Is.All.EqualTo(1));
        Assert.That(heads.Select(head => head.Sink), Is.EqualTo(new bool?[] { true, false, true }));
        Assert.That(heads.Select(head => head.Queries), Is.All.EqualTo(3));
    }

    [Test]
    public void OneToken_HasNoQuery()
    {
        var results = TestRun.Execute(new BosSink(), Planted, prompts: [new Prompt(null, [3])]);

        Assert.That(results.Rows<SinkHead>("bos-sink")[0], Is.EqualTo(new SinkHead(0, 0, null, null, null, 0)));
        Assert.That(results.Notes, Is.EqualTo(new[] { "0 queries of 1 prompt, the first tokens themselves left out" }));
    }

    [Test]
    public void PromptBeyondTheContext_IsRefused() => Assert.That(
        () => TestRun.Execute(new BosSink(), Planted, prompts: [new Prompt(null, new int[81])]), Throws.TypeOf<UsageException>().With.Message.Contains("reads 1 to 80"));
}
