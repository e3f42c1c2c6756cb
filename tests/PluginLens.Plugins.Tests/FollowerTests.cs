using PluginLens.Models;
using PluginLens.Plugins.AttentionTokens;
using PluginLens.Testing;
using PluginLens.Tests.Shared;

namespace PluginLens.Plugins.Tests;

/// <summary>What every analysis that goes on from the dataset of attention tokens is held to.</summary>
/// <typeparam name="TAnalysis">The analysis.</typeparam>
public abstract class FollowerTests<TAnalysis> : AnalysisTests<TAnalysis>
    where TAnalysis : IAnalysis, new()
{
    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    /// <summary>Head 0.0 reads as 5, 5, 7 and 3 in two prompts, 0.1 as 7 alone, 1.0 as 3 and 7; the values of all read as 2.</summary>
    private protected static StoredDataset Dataset() => new(
        (0, 0, 0, 0, 0, 4, 1, 5, 2), (0, 0, 0, 1, 0, 6, 0.25, 7, 2), (0, 0, 0, 1, 1, 6, 0.75, 5, 2),
        (0, 1, 0, 0, 0, 4, 1, 7, 2), (0, 1, 0, 1, 0, 6, 0.5, 7, 2), (0, 1, 0, 1, 1, 6, 0.5, 7, 2),
        (1, 0, 0, 0, 0, 4, 1, 3, 2), (1, 0, 0, 1, 0, 6, 0, 7, 2), (1, 0, 0, 1, 1, 6, 1, 3, 2),
        (0, 0, 1, 0, 0, 9, 1, 3, 2));

    private protected static CollectedResults Execute(object options) => TestRun.Execute(new TAnalysis(), StoredDataset.Model, options);
}

public sealed class TokenFreqByHeadTests : FollowerTests<TokenFreqByHead>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenFreqByHeadOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new TokenFreqByHeadOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new TokenFreqByHeadOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_FrequenciesAndDenseRanks()
    {
        using var run = Dataset();

        var rows = Execute(new TokenFreqByHeadOptions { From = run.Path }).Rows<TokenFrequency>("token-freq-by-head");

        Assert.That(rows.Select(row => (row.Layer, row.Head, row.Rank, row.Token.Id, row.Frequency)), Is.EqualTo(new[]
        {
            (0, 0, 1, 5, 2L), (0, 0, 2, 3, 1), (0, 0, 2, 7, 1), (0, 1, 1, 7, 3), (1, 0, 1, 3, 2), (1, 0, 2, 7, 1),
        }));
        Assert.That(rows[0].Share, Is.EqualTo(0.5));
        Assert.That(
            Execute(new TokenFreqByHeadOptions { From = run.Path, Component = AttentionComponent.V, Counted = CountOf.Positions, Head = Selection.Parse("0") }).Rows<TokenFrequency>("token-freq-by-head").Select(row => row.Frequency),
            Is.EqualTo(new[] { 3L, 2L }));
        Assert.That(() => Execute(new TokenFreqByHeadOptions { From = run.Path, Counted = CountOf.Positions }), Throws.TypeOf<UsageException>().With.Message.Contains("count cells"));
    }

    [TestCase("""{"plugin":"ov-pairs","status":"complete","model":{"name":"model"}}""", "is a run of 'ov-pairs'")]
    [TestCase("""{"plugin":"attention-tokens","status":"cancelled","model":{"name":"model"}}""", "broke off (cancelled)")]
    [TestCase("""{"plugin":"attention-tokens","status":"complete","model":{"name":"other"}}""", "was run on model 'other'")]
    [TestCase("""{"plugin":"attention-tokens","status":"complete"}""", "run.json cannot be read")]
    [TestCase("[1]", "run.json cannot be read")]
    [TestCase("{", "run.json cannot be read")]
    public void StoredRun_OfSomethingElse_IsRefused(string json, string message)
    {
        using var run = Dataset();
        run.Run(json);

        Assert.That(() => Execute(new TokenFreqByHeadOptions { From = run.Path }), Throws.TypeOf<UsageException>().With.Message.Contains(message).And.Message.Not.Contains("\n"));
    }

    [TestCase("layer,head\n", "no column 'prompt'")]
    [TestCase("layer,head,prompt,i,j,input_id,attn\n", "--components hadamard")]
    [TestCase("layer,head,prompt,i,j,input_id,attn,hadamard_id\n0,0,0,0,0,1,1,12\n", "row 2: '12' is no number below 12")]
    [TestCase("layer,head,prompt,i,j,input_id,attn,hadamard_id\n0,0,0,0,0,1,NaN,1\n", "row 2: 'NaN' is no attention weight")]
    [TestCase("layer,head,prompt,i,j,input_id,attn,hadamard_id\n0,0,0\n", "row 2")]
    [TestCase("layer,head,prompt,i,j,input_id,attn,hadamard_id\n0,0,0,0,0,1,1,\"1\n", "quote")]
    public void StoredTable_ThatWasChanged_IsRefusedWithItsRow(string csv, string message)
    {
        using var run = Dataset();
        run.Table(csv);

        Assert.That(() => Execute(new TokenFreqByHeadOptions { From = run.Path }), Throws.TypeOf<UsageException>().With.Message.Contains(message));
    }

    [Test]
    public void StoredRun_ThatIsMissingOrParquetAlone_IsSaid()
    {
        using var run = Dataset();
        File.Move(Path.Combine(run.Path, "attention-tokens.csv"), Path.Combine(run.Path, "attention-tokens.parquet"));

        Assert.That(() => Execute(new TokenFreqByHeadOptions { From = run.Path }), Throws.TypeOf<UsageException>().With.Message.Contains("--tables csv or both"));
        Assert.That(() => Execute(new TokenFreqByHeadOptions { From = run.Path + "-none" }), Throws.TypeOf<UsageException>().With.Message.Contains("is not the folder of a run"));
        Assert.That(() => Execute(new TokenFreqByHeadOptions()), Throws.TypeOf<UsageException>().With.Message.Contains("--prompt"));
    }
}

public sealed class UniqueTokensTests : FollowerTests<UniqueTokens>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new UniqueTokensOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new UniqueTokensOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new UniqueTokensOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_DistinctTokensAndTheirFigures()
    {
        using var run = Dataset();

        var results = Execute(new UniqueTokensOptions { From = run.Path, Ranks = 1 });

        Assert.That(results.Rows<UniqueTokenRow>("unique-tokens").Select(row => (row.Layer, row.Head, row.Tokens, row.Counted, row.MostFrequent.Id, row.Share)), Is.EqualTo(new[]
        {
            (0, 0, 3, 4L, 5, 0.5), (0, 1, 1, 3, 7, 1), (1, 0, 2, 3, 3, 2 / 3.0),
        }));
        Assert.That(((Scatter)results.Figures["unique-by-head"]).Points.Select(point => (point.X, point.Y, point.Label, point.Group)), Is.EqualTo(new[]
        {
            (0.0, 3.0, "L0H0", "layer 0"), (1, 1, "L0H1", "layer 0"), (2, 2, "L1H0", "layer 1"),
        }));
        Assert.That(((Scatter)results.Figures["unique-by-layer"]).Points.Select(point => point.X), Is.EqualTo(new[] { 0.0, 1, 0 }));
        Assert.That(((Scatter)results.Figures["frequency-by-rank"]).Points.Select(point => (point.X, point.Y)), Is.EqualTo(new[] { (1.0, 2.0), (1, 3), (1, 2) }));
    }
}

public sealed class SharedTokensTests : FollowerTests<SharedTokens>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new SharedTokensOptions { Component = AttentionComponent.V, Layer = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new SharedTokensOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new SharedTokensOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_IntersectionsOfPairs_AndTheirHeatMap()
    {
        using var run = Dataset();

        var results = Execute(new SharedTokensOptions { From = run.Path });

        Assert.That(results.Rows<SharedTokenRow>("shared-tokens"), Is.EqualTo(new[]
        {
            new SharedTokenRow(0, 0, 0, 1, 1, "w7", "7"), new SharedTokenRow(0, 0, 1, 0, 2, "w3 w7", "3,7"), new SharedTokenRow(0, 1, 1, 0, 1, "w7", "7"),
        }));
        var map = (Heatmap)results.Figures["shared-tokens"];
        Assert.That(map.YLabels, Is.EqualTo(new[] { "0.0", "0.1", "1.0" }));
        Assert.That(map.Values, Is.EqualTo(new double?[][] { [null, null, null], [1, null, null], [2, 1, null] }));
        Assert.That(Execute(new SharedTokensOptions { From = run.Path, List = 1 }).Rows<SharedTokenRow>("shared-tokens")[1], Is.EqualTo(new SharedTokenRow(0, 0, 1, 0, 2, "w3", "3")));
    }
}

public sealed class TokenEmbeddingMapTests : FollowerTests<TokenEmbeddingMap>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TokenEmbeddingMapOptions { Component = AttentionComponent.Q, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEmbeddingMapOptions { Component = AttentionComponent.Q }, CheckpointModels.Prompts),
        new(Gpt2, new TokenEmbeddingMapOptions(), CheckpointModels.Prompts),
    ];

    [TestCase(TokenMapMethod.Pca)]
    [TestCase(TokenMapMethod.Tsne)]
    [TestCase(TokenMapMethod.Umap)]
    public void StoredRun_TheSameTokenLiesOnOneSpotForAllHeads(TokenMapMethod method)
    {
        using var run = Dataset();

        var results = Execute(new TokenEmbeddingMapOptions { From = run.Path, Method = method, Colour = MapColour.Head });

        var rows = results.Rows<HeadTokenPoint>("token-embedding-map");
        Assert.That(rows.Select(row => (row.Layer, row.Head, row.Token.Id, row.Frequency)), Is.EqualTo(new[] { (0, 0, 5, 2L), (0, 0, 3, 1), (0, 0, 7, 1), (0, 1, 7, 3), (1, 0, 3, 2), (1, 0, 7, 1) }));
        Assert.That(rows.GroupBy(row => row.Token.Id).Select(group => group.Select(row => (row.X, row.Y)).Distinct().Count()), Is.All.EqualTo(1));
        Assert.That(rows.Select(row => (row.X, row.Y)).Distinct().Count(), Is.EqualTo(3));
        Assert.That(((Scatter)results.Figures["token-embedding-map"]).Points.Select(point => point.Group).Distinct(), Is.EqualTo(new[] { "L0H0", "L0H1", "L1H0" }));
        Assert.That(results.Notes.Any(note => note.Contains("fewer tokens than --perplexity asks for", StringComparison.Ordinal)), Is.EqualTo(method == TokenMapMethod.Tsne));
    }

    [Test]
    public void TooFewTokens_OrOddOptions_AreRefused()
    {
        using var run = Dataset();

        Assert.That(() => Execute(new TokenEmbeddingMapOptions { From = run.Path, Component = AttentionComponent.V }), Throws.TypeOf<UsageException>().With.Message.Contains("too few for a map"));
        Assert.That(() => Execute(new TokenEmbeddingMapOptions { From = run.Path, Dimensions = 4 }), Throws.TypeOf<UsageException>().With.Message.Contains("expected 2 or 3"));
    }
}

public sealed class AttentionTokenPlotTests : FollowerTests<AttentionTokenPlot>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new AttentionTokenPlotOptions { Component = AttentionComponent.V, Head = Selection.Parse("0") }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenPlotOptions { Component = AttentionComponent.V }, CheckpointModels.Prompts),
        new(Gpt2, new AttentionTokenPlotOptions(), CheckpointModels.Prompts),
    ];

    [Test]
    public void StoredRun_NumbersFollowFirstDiscovery_TheMaskedCellTakesOne()
    {
        using var run = Dataset();

        var results = Execute(new AttentionTokenPlotOptions { From = run.Path, Layer = Selection.Parse("0"), Head = Selection.Parse("0"), Threshold = 0.3 });

        // Row 0: token 5 is 0, the masked cell 1; row 1: token 7 is 2, then 5 again.
        Assert.That(results.Rows<PlottedCell>("attention-token-plot").Select(cell => (cell.I, cell.J, cell.Token.Id, cell.Number, cell.Border, cell.Alpha)), Is.EqualTo(new[]
        {
            (0, 0, 5, 0, 3.0, 1.0), (1, 0, 7, 2, 0, 0.25), (1, 1, 5, 0, 3, 0.75),
        }));
        var grid = (TokenGrid)results.Figures["tokens-l0h0"];
        Assert.That(grid.YLabels, Is.EqualTo(new[] { " w4 (0)", " w6 (1)" }));
        Assert.That(grid.Cells[0].Select(cell => cell.Value), Is.EqualTo(new double?[] { 0, null }));
        Assert.That(((Heatmap)results.Figures["layer-0"]).Values, Is.EqualTo(new double?[][] { [0, null], [2, 0] }));
        Assert.That(() => Execute(new AttentionTokenPlotOptions { From = run.Path, PromptIndex = 7 }), Throws.TypeOf<UsageException>().With.Message.Contains("no such prompt"));
    }
}

public sealed class RandomInputsTests : AnalysisTests<RandomInputs>
{
    protected override IEnumerable<Example> Runs =>
    [
        new(Tiny, new RandomInputsOptions { Kind = RandomInput.Single, Count = 1 }),
        new(Tiny, new RandomInputsOptions { Kind = RandomInput.Pattern, Count = 5 }),
        new(Tiny, new RandomInputsOptions { Count = 9 }),
    ];

    protected override string[] Approximate => [];

    protected override string[] Undefined => [];

    [Test]
    public void Kinds_HaveTheTokensThatTheySay_FromTheSeed()
    {
        List<RandomInputRow> Rows(int seed) => [.. TestRun.Execute(new RandomInputs(), Tiny(), new RandomInputsOptions { Count = 2 }, seed: seed).Rows<RandomInputRow>("random-inputs")];
        int[] Ids(RandomInputRow row) => [.. row.Ids.Split(',').Select(int.Parse)];

        var rows = Rows(3);

        Assert.That(rows.Select(row => (row.Kind, row.Prompt, row.Tokens)), Is.EqualTo(new[]
        {
            (RandomInput.Single, 0, 32), (RandomInput.Single, 1, 32), (RandomInput.Random, 0, 32), (RandomInput.Random, 1, 32), (RandomInput.Pattern, 0, 31), (RandomInput.Pattern, 1, 31),
        }));
        Assert.That(rows.Select(row => Ids(row)[0]), Is.All.EqualTo(0), "the token that begins");
        Assert.That(Ids(rows[0])[1..].Distinct().Count(), Is.EqualTo(1));
        Assert.That(Ids(rows[4])[1..].Chunk(3).Distinct(new Same()).Count(), Is.EqualTo(1));
        Assert.That(rows.Select(row => row.Text), Is.EqualTo(rows.Select(row => string.Concat(Ids(row)[1..].Select(id => $" w{id}")))));
        Assert.That(Rows(3), Is.EqualTo(rows));
        Assert.That(Rows(4), Is.Not.EqualTo(rows));
        Assert.That(TestRun.Execute(new RandomInputs(), Tiny(), new RandomInputsOptions { Count = 2, ThroughText = true }, seed: 3).Rows<RandomInputRow>("random-inputs"), Is.EqualTo(rows), "whole words come back");
    }

    [Test]
    public void Text_IsWhatTheTokenizerDecodes_SoThatWordPiecesComeBack()
    {
        using var model = ModelFolder.Open(Path.Combine(Repository.Root, "models", "onnx", "all-minilm-l6-v2"), new OpenOptions { Device = Device.Cpu });
        List<RandomInputRow> Rows(bool throughText) => [.. TestRun.Execute(new RandomInputs(), model, new RandomInputsOptions { Count = 1, ThroughText = throughText }, seed: 0).Rows<RandomInputRow>("random-inputs")];

        var rows = Rows(throughText: false);

        Assert.That(rows[0].Text, Is.EqualTo(string.Join(' ', Enumerable.Repeat("transitions", 31))));
        Assert.That(rows[1].Text, Does.Not.Contain("##").And.Contain("lombardgong"), "the piece ##gong goes on with the word before it");
        Assert.That(Rows(throughText: true)[0], Is.EqualTo(rows[0]), "whole words come back");
    }

    private static FakeModel Tiny() => new(new ModelConfig { DModel = 2, NHeads = 1, NLayers = 1, DHead = 2, DVocab = 30, NCtx = 40, BosId = 0 }, new FakeTokenizer(Enumerable.Range(0, 30).Select(id => $" w{id}")));

    private sealed class Same : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x!.SequenceEqual(y!);

        public int GetHashCode(int[] obj) => 0;
    }
}

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
