using System.Text;
using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>attention-tokens</c> says of a head that was planted, what it refuses, and how it goes on.</summary>
public sealed class TokensOfAttentionTests : AnalysisTests<TokensOfAttention>
{
    private const int Width = 3, Words = 7;

    /// <summary>W_O and W_U are such that coordinate i of the head alone reads as token 2 i + 1, its negative as 2 i; q, k and v of a position are those of its token.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttentionTokensOptions { Head = Selection.Parse("0"), Components = [AttentionComponent.V] }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokensOptions { Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokensOptions(), CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    [Test]
    public void PlantedHead_ReadsAsTheTokensThatWerePutThere()
    {
        var results = TestRun.Execute(new TokensOfAttention(), Planted, Own(), [new Prompt(null, [1, 2])]);

        // Token 1 asks with (1, 0, 0) and offers (0, 2, 0); token 2 asks with (0, -3, 0), is found at (1, 1, 0) and offers (0, 0, -1).
        Assert.That(results.Rows<AttentionTokenRow>("attention-tokens").Select(row => (row.I, row.J, row.Attn, row.Q!.Value.Id, row.K!.Value.Id, row.V!.Value.Id)), Is.EqualTo(new[]
        {
            (0, 0, 1.0, 1, 1, 3), (1, 0, 0.25, 2, 1, 4), (1, 1, 0.75, 2, 1, 4),
        }));

        // Products: (1,0,0)*(1,0,0) = (1,0,0); (0,-3,0)*(1,0,0) = 0, where the lowest id wins; (0,-3,0)*(1,1,0) = (0,-3,0). Sums: 1 and -3 in every coordinate, whose tokens tie.
        Assert.That(results.Rows<AttentionTokenRow>("attention-tokens").Select(row => (row.Hadamard!.Value.Id, row.Dot!.Value.Id)), Is.EqualTo(new[] { (1, 1), (0, 0), (2, 0) }));
    }

    [Test]
    public void ComponentsLeftOut_AreNoColumns()
    {
        var row = TestRun.Execute(new TokensOfAttention(), Planted, Own() with { Components = [AttentionComponent.V] }, [new Prompt(null, [1])]).Rows<AttentionTokenRow>("attention-tokens").Single();

        Assert.That((row.Hadamard, row.Dot, row.Q, row.K, row.V?.Id), Is.EqualTo(((Token?)null, (Token?)null, (Token?)null, (Token?)null, (int?)3)));
    }

    [Test]
    public void Envelope_IsTheLargestLineEverywhere_TiesToTheLowestIndex()
    {
        var random = new Random(5);
        for (var round = 0; round < 200; round++)
        {
            // Few values, so that lines are parallel, equal, and meet three at a point.
            var count = 1 + random.Next(40);
            double[] slopes = [.. Enumerable.Range(0, count).Select(_ => (double)random.Next(-4, 5))], heights = [.. Enumerable.Range(0, count).Select(_ => round % 3 == 0 ? 0 : random.Next(-6, 7) / 2.0)];
            bool[] keep = [.. Enumerable.Range(0, count).Select(at => at == 0 || random.Next(4) > 0)];
            var envelope = new UpperEnvelope(slopes, heights, keep);
            foreach (var s in Enumerable.Range(-24, 49).Select(step => step / 4.0).Append(1e9).Append(-1e9))
            {
                var best = Enumerable.Range(0, count).Where(line => keep[line]).MaxBy(line => (s * slopes[line]) + heights[line]);
                Assert.That(envelope.At(s), Is.EqualTo(best), $"round {round}, s {s}");
            }
        }
    }

    [Test]
    public void TakenUpAgain_GoesOnWhereItBrokeOff()
    {
        Prompt[] prompts = [.. CheckpointModels.Prompts, .. CheckpointModels.Prompts];
        var whole = TestRun.Execute(new TokensOfAttention(), Gpt2(), prompts: prompts).Rows<AttentionTokenRow>("attention-tokens").ToList();
        var results = new CollectedResults();

        ((IAnalysis)new TokensOfAttention()).Run(new AnalysisContext { Models = [Gpt2()], Prompts = prompts, PromptsDone = 2, Compute = new PluginLens.Numerics.CpuCompute(), Results = results });

        Assert.That(results.Rows<AttentionTokenRow>("attention-tokens"), Is.EqualTo(whole.Where(row => row.Prompt >= 2)));
        Assert.That(whole.Select(row => (row.Prompt, row.Layer, row.Head, row.I, row.J)), Is.Ordered);
    }

    [Test]
    public void Document_HasEightColumns_HeadByHead_WithNothingAboveTheDiagonal()
    {
        var results = TestRun.Execute(new TokensOfAttention(), Planted, Own() with { Layout = Layout.Document }, [new Prompt(null, [1, 2]), new Prompt(null, [2, 1])]);

        Assert.That(Encoding.UTF8.GetString(results.Files["attention-tokens-document.csv"]), Is.EqualTo("""
            layer,head,Input token,attn,hp,q,k,v
            0,0,1,1,1,1,1,3
            -1,-1,-1,-1,-1,-1,-1,-1
            0,0,2,0.25,0,2,1,4
            0,0,2,0.75,0,2,1,4
            0,0,2,1,0,2,1,4
            -1,-1,-1,-1,-1,-1,-1,-1
            0,0,1,0.25,1,1,1,3
            0,0,1,0.75,1,1,1,3

            """));
    }

    [TestCase(RandomInput.Single, 1, 31)]
    [TestCase(RandomInput.Random, 31, 31)]
    [TestCase(RandomInput.Pattern, 3, 30)]
    public void RandomPrompts_FollowFromTheSeed(RandomInput kind, int most, int length)
    {
        List<int[]> Tokens(int seed) => [.. TestRun.Execute(new TokensOfAttention(), Wide(), new AttentionTokensOptions { Random = kind, Count = 2, Components = [AttentionComponent.Q] }, seed: seed)
            .Rows<AttentionTokenRow>("attention-tokens").Where(row => row.J == 0).GroupBy(row => row.Prompt).Select(group => group.Select(row => row.Input.Id).ToArray())];

        var prompts = Tokens(1);

        Assert.That(prompts.Select(tokens => tokens.Length), Is.EqualTo(new[] { length, length }));
        Assert.That(prompts.Select(tokens => tokens.Distinct().Count()), Is.All.LessThanOrEqualTo(most));
        Assert.That(prompts, Is.EqualTo(Tokens(1)).And.Not.EqualTo(Tokens(2)));
    }

    [Test]
    public void WhatCannotBe_IsRefused()
    {
        void Refused(Model model, AttentionTokensOptions options, string message, params int[][] prompts) => Assert.That(
            () => TestRun.Execute(new TokensOfAttention(), model, options, [.. prompts.Select(tokens => new Prompt(null, tokens))]), Throws.TypeOf<UsageException>().With.Message.Contains(message));

        Refused(Planted, Own(), "--random single|random|pattern");
        Refused(Planted, Own() with { Rotated = true }, "does not rotate", [1]);
        Refused(CheckpointModels.Get("llama"), new AttentionTokensOptions { Factor = HeadFactoring.Svd }, "use raw", [1]);
        Refused(Planted, Own() with { Layout = Layout.Document }, "equal length", [1], [1, 2]);
        Refused(Planted, Own() with { Random = RandomInput.Random }, "reads at most 8");
    }

    private static AttentionTokensOptions Own() => new() { Factor = HeadFactoring.Raw };

    private static FakeModel Wide() => Plant(context: 40);

    private static FakeModel Plant(int context = 8)
    {
        float[][] asks = [[0, 0, 0], [1, 0, 0], [0, -3, 0]], found = [[0, 0, 0], [1, 0, 0], [1, 1, 0]], offers = [[0, 0, 0], [0, 2, 0], [0, 0, -1]];
        var (output, unembedding) = (new float[Width * Width], new float[Width * Words]);
        for (var at = 0; at < Width; at++)
        {
            output[(at * Width) + at] = 1;
            unembedding[(at * Words) + (2 * at) + 1] = 1;
            unembedding[(at * Words) + (2 * at)] = -1;
        }

        // In coordinate 1 the negative reads as 2, in 2 as 4: token 0 is coordinate 0's negative.
        var config = new ModelConfig { DModel = Width, NHeads = 1, NLayers = 1, DHead = Width, DVocab = Words, NCtx = context, Norm = "RMS", FinalNorm = false };
        return new FakeModel(config, new FakeTokenizer(Enumerable.Range(0, Words).Select(id => $" w{id}")))
            .WithWeight("embed.W_E", new float[Words * Width], Words, Width)
            .WithWeight("unembed.W_U", unembedding, Width, Words)
            .WithWeight("blocks.0.attn.W_Q", new float[Width * Width], 1, Width, Width)
            .WithWeight("blocks.0.attn.W_K", new float[Width * Width], 1, Width, Width)
            .WithWeight("blocks.0.attn.W_V", new float[Width * Width], 1, Width, Width)
            .WithWeight("blocks.0.attn.W_O", output, 1, Width, Width)
            .WithHook("blocks.0.attn.hook_q", ["batch", "pos", "1", "3"], input => Of(input, asks))
            .WithHook("blocks.0.attn.hook_k", ["batch", "pos", "1", "3"], input => Of(input, found))
            .WithHook("blocks.0.attn.hook_v", ["batch", "pos", "1", "3"], input => Of(input, offers))
            .WithHook("blocks.0.attn.hook_pattern", ["batch", "1", "pos", "pos"], input =>
            {
                var length = input.Tokens[0].Length;
                float[] data = [.. Enumerable.Range(0, length * length).Select(cell => cell % length > cell / length ? 0 : cell / length == 0 ? 1 : cell % length == 0 ? 0.25f : 0.75f)];
                return new Tensor("pattern", data, 1, 1, length, length);
            });

        static Tensor Of(ModelInput input, float[][] vectors) => new("vectors", input.Tokens[0].SelectMany(token => vectors[token % 3]).ToArray(), 1, input.Tokens[0].Length, 1, Width);
    }
}
