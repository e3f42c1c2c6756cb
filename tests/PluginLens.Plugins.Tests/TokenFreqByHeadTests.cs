using PluginLens.Plugins.AttentionTokens;

namespace PluginLens.Plugins.Tests;

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
