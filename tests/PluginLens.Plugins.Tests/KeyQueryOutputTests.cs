using System.Text;
using PluginLens.Plugins.HeadTables;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests;

/// <summary>What <c>key-query-output</c> says of a head that was planted, and what it refuses.</summary>
public sealed class KeyQueryOutputTests : AnalysisTests<KeyQueryOutput>
{
    private const int D = VectorModels.D;
    private const int V = VectorModels.V;

    /// <summary>In head 2 (which shares key-value head 1) queries 11 and 12 look for token 5, which promotes 20 and 21; the baseline is token 0. All else is zero.</summary>
    private static readonly FakeModel Planted = Plant();

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new KeyQueryOutputOptions { Head = Selection.Parse("0"), Keys = 1 }),
        new(Gpt2, new KeyQueryOutputOptions { Keys = 1, Outputs = 1 }),
        new(Gpt2, new KeyQueryOutputOptions { Keys = 5 }),
    ];

    protected override bool Prunes => true;

    protected override string[] Approximate => ["bert", "encoder", "llama", "gemma2", "openai-gpt", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void PlantedHead_KeyQueriesAndOutputs_AreFound()
    {
        var results = TestRun.Execute(new KeyQueryOutput(), Planted, Raw() with { Keys = 2, Queries = 3, Outputs = 2 });

        var keys = results.Rows<ImportantKey>("keys");
        var (qk, ov) = (2 * 3 * (1 - 0.25), (2 * 4) - (12.0 / V));
        Assert.That(keys.Select(key => key.Key.Id), Is.EqualTo(new[] { 5, 0 }), "keys without importance follow by id, the baseline first");
        Assert.That((keys[0].MaxQk, keys[0].MaxOv, keys[0].Importance), Is.EqualTo((qk, ov, qk * ov * Math.Pow(1.0 / V, 0.1))).Using<double>((x, y) => Math.Abs(x - y) < 1e-5));
        Assert.That(keys[1].Importance, Is.Zero, "the baseline's importance is exactly 0");
        var rows = results.Rows<KeyRow>("key-query-output").Where(row => row.KeyRank == 1).ToList();
        Assert.That(rows.Select(row => (row.Query?.Id, row.Output?.Id)), Is.EqualTo(new (int?, int?)[] { (11, 20), (12, 21), (0, null) }));
        Assert.That(rows.Select(row => row.QueryScore), Is.EqualTo(new double?[] { qk, qk / 2, 0 }).Within(1e-6));
        Assert.That(rows.Select(row => row.OutputScore), Is.EqualTo(new double?[] { ov, ov - 4, null }).Within(1e-5));
    }

    /// <summary>With p(12) so much larger that p^0.1 outweighs half the score, 12 comes first; the score beside it stays QK'.</summary>
    [Test]
    public void Probabilities_OrderQueriesAndWeighKeys()
    {
        var model = Planted.WithTokenizer(new FakeTokenizer(Enumerable.Range(0, V).Select(id => $"w{id}")));
        using var words = new HeadTablesFile(string.Concat(Enumerable.Repeat("w12\n", 9)) + "w5");

        var results = TestRun.Execute(new KeyQueryOutput(), model, Raw() with { Keys = 1, Queries = 2, Words = words.Path });

        var key = results.Rows<ImportantKey>("keys")[0];
        Assert.That(key.P, Is.EqualTo(0.1).Within(1e-8));
        Assert.That(key.Importance, Is.EqualTo(key.MaxQk * key.MaxOv * Math.Pow(key.P, 0.1)).Within(1e-12));
        var rows = results.Rows<KeyRow>("key-query-output");
        Assert.That(rows.Take(2).Select(row => (row.Query!.Value.Id, row.QueryScore)), Is.EqualTo(new (int, double?)[] { (12, 2.25), (11, 4.5) }));
    }

    [Test]
    public void Frequencies_OfATokenFreqRun_AreThoseOfItsText()
    {
        using var text = new HeadTablesFile("the king of the land, \"the\" queen\nthe <|endoftext|> end");
        var counted = TestRun.Execute(new TokenFreq(), Gpt2(), new TokenFreqOptions { Words = text.Path }).Rows<CountedToken>("token-freq");
        using var table = new HeadTablesFile("rank,token,token_id,count,p\n" + string.Concat(counted.Select(row => $"{row.Rank},{DocumentText.Field(row.Token.Text)},{row.Token.Id},{row.Count},{row.P:R}\n")));

        var (byText, byTable) = (
            TestRun.Execute(new KeyQueryOutput(), Gpt2(), new KeyQueryOutputOptions { Words = text.Path }),
            TestRun.Execute(new KeyQueryOutput(), Gpt2(), new KeyQueryOutputOptions { Frequencies = table.Path }));

        Assert.That(byTable.Rows<ImportantKey>("keys"), Is.EqualTo(byText.Rows<ImportantKey>("keys")).And.Not.Empty);
        Assert.That(byTable.Rows<KeyRow>("key-query-output"), Is.EqualTo(byText.Rows<KeyRow>("key-query-output")));
        Assert.That(byText.Rows<ImportantKey>("keys"), Is.Not.EqualTo(TestRun.Execute(new KeyQueryOutput(), Gpt2(), new KeyQueryOutputOptions()).Rows<ImportantKey>("keys")));
    }

    [TestCase("", "found nothing")]
    [TestCase("token,count\n w1,2\n", "columns token, token_id and count; found token, count")]
    [TestCase("token,token_id,count\n w1,1\n", "3 fields in each row; found 2")]
    [TestCase("token,token_id,count\n w1,47,2\n", "each token_id from 0 to 46 once; found '47'")]
    [TestCase("token,token_id,count\n w1,1,2\n w1,1,2\n", "each token_id from 0 to 46 once; found '1'")]
    [TestCase("token,token_id,count\n w1,1,-2\n", "whole numbers; found '-2'")]
    [TestCase("token,token_id,count\n w1,2,2\n", "where 2 is ' w2'; found ' w1'")]
    [TestCase("token,token_id,count\n\" w1,1,2\n", "a quote is not closed")]
    public void Frequencies_OfAnotherKind_AreRefused(string table, string said)
    {
        using var file = new HeadTablesFile(table);
        Assert.That(
            () => TestRun.Execute(new KeyQueryOutput(), Planted, Raw() with { Frequencies = file.Path }), Throws.TypeOf<UsageException>().With.Message.Contains(said));
    }

    [Test]
    public void WhatCannotBeAnswered_IsRefused()
    {
        static void Refused(Model model, KeyQueryOutputOptions options, string said)
        {
            Assert.That(() => TestRun.Execute(new KeyQueryOutput(), model, options), Throws.TypeOf<UsageException>().With.Message.Contains(said));
        }

        Refused(Planted, new KeyQueryOutputOptions(), "names no begin-of-sequence token");
        Refused(Planted, new KeyQueryOutputOptions { BosId = V }, "--bos-id 47: model 'model' has tokens 0 to 46");
        Refused(Planted, Raw() with { Words = "x", Frequencies = "y" }, "give one of them");
        Refused(Planted, Raw() with { Words = "/no/such/file" }, "--words '/no/such/file'");
        Refused(Planted.WithTokenizer(null), Raw() with { Words = "x" }, "has no tokenizer");
        Refused(Planted.WithConfig(config => config with { NormPlacement = "after" }), Raw() with { NormEmbedding = true }, "no norm stands before the heads of layer 1");
    }

    /// <summary>Grouped queries: heads 2 and 3 read the keys and values of key-value head 1, heads 0 and 1 those of the other.</summary>
    [Test]
    public void HeadsThatWereNotPlanted_FindNothing()
    {
        var keys = TestRun.Execute(new KeyQueryOutput(), Planted, Raw() with { Head = Selection.All, Keys = 1 }).Rows<ImportantKey>("keys");

        Assert.That(keys.Select(key => key.Importance > 0), Is.EqualTo(new[] { false, false, true, false }));
    }

    /// <summary>A vocabulary of several blocks of keys: most are never searched, twins of the best keys at its other end are, and the list is that of all keys.</summary>
    [Test]
    public void Search_LeavesOutKeysThatCannotBeAmongTheBest_AndNoOthers()
    {
        const int Tokens = 4000, Twin = 3999;
        var model = FakeModel.Gpt2Like(new ModelConfig { DModel = D, NHeads = 1, NLayers = 1, DHead = 3, DVocab = Tokens, DMlp = 4, NCtx = 4 }, seed: 5).WithWeight("embed.W_E", data =>
        {
            for (var at = 0; at < data.Length; at++)
            {
                data[at] /= 1 + ((at / D) % 50);
            }

            data.AsSpan(50 * D, D).CopyTo(data.AsSpan(Twin * D));
        });
        var options = new KeyQueryOutputOptions { BosId = 0, Keys = 60, Weights = HeadWeights.Raw };
        var counting = new CountingCompute();

        var keys = TestRun.Execute(new KeyQueryOutput(), model, options, compute: counting).Rows<ImportantKey>("keys");

        var e = Naive.Dense(model.WE);
        var queries = Naive.Multiply(e, Naive.Dense(model.WQ(0, 0)));
        var keyRows = Naive.Multiply(e, Naive.Dense(model.WK(0, 0)));
        var qk = Naive.Multiply(queries, Naive.Transpose(keyRows));
        var ov = Naive.Multiply(Naive.Multiply(Naive.Multiply(e, Naive.Dense(model.WV(0, 0))), Naive.Dense(model.WO(0, 0))), Naive.Dense(model.WU));
        double Importance(int key)
        {
            var (attended, written, mean) = (double.NegativeInfinity, double.NegativeInfinity, 0.0);
            for (var other = 0; other < Tokens; other++)
            {
                attended = Math.Max(attended, qk[other, key] - qk[other, 0]);
                written = Math.Max(written, ov[key, other]);
                mean += ov[key, other] / Tokens;
            }

            return attended * (written - mean) * Math.Pow(1.0 / Tokens, 0.1);
        }

        double[] importance = [.. Enumerable.Range(0, Tokens).Select(Importance)];
        Checkpoints.NaiveLists.AssertTop(keys.Select(key => key.Key.Id), importance, 60, "keys", null, keys.Select(key => key.Importance), 4e-6);
        Assert.That(keys.Where(key => key.Key.Id is 50 or Twin).Select(key => key.Key.Id), Is.EqualTo(new[] { 50, Twin }), "equal keys by id");
        Assert.That(counting.Flops, Is.LessThan(0.7 * 4 * Tokens * Tokens * 3.0), "of two products V x V x d_head");
    }

    [Test]
    public void Figure_ShowsTheFirstKeyOfEachHead()
    {
        var grid = (TokenGrid)TestRun.Execute(new KeyQueryOutput(), Planted, Raw() with { Head = Selection.All }).Figures["keys"];

        Assert.That((grid.XLabels.Count, grid.YLabels.Count), Is.EqualTo((4, 1)));
        Assert.That((grid.Cells[0][2].Text, grid.Cells[0][2].Detail), Is.EqualTo((" w5", " w11 →  w5 →  w20")));
    }

    /// <summary>Rules, blank lines and rows of at most 78 characters, token texts as Python's repr shows them.</summary>
    [Test]
    public void Layout_Document_IsThatOfTheSource()
    {
        string[] words = [.. Enumerable.Range(0, V).Select(id => $" w{id}")];
        (words[5], words[11], words[12], words[20], words[21]) = ("'s", "\"'\n\\", new string('x', 90), "\u00a0é", "日本");
        var model = Planted.WithTokenizer(new FakeTokenizer(words));

        var results = TestRun.Execute(new KeyQueryOutput(), model, Raw() with { Keys = 1, Queries = 2, Outputs = 9, Layout = Layout.Document });

        string[] lines =
        [
            "", new('#', 80), "# LAYER 1", new('#', 80), "", new('=', 80), "Head 1:2 (model)", new('=', 80), "", new('─', 80), "Key: ''s'", new('─', 80),
            "", "Queries that prefer key:", "'\"\\'\\n\\\\' (4.50)", "'" + new string('x', 90) + "' (2.25)",
            "", "Effect on logits:",
            "'\\xa0é' (7.74) '日本' (3.74) ' w0' (-0.26) ' w1' (-0.26) ' w2' (-0.26)", "' w3' (-0.26) ' w4' (-0.26) ''s' (-0.26) ' w6' (-0.26)", "",
        ];
        Assert.That(Encoding.UTF8.GetString(results.Files["key-query-output-document.txt"]), Is.EqualTo(string.Join('\n', lines)));
    }

    private static KeyQueryOutputOptions Raw() => new() { Weights = HeadWeights.Raw, BosId = 0, Layer = Selection.Parse("1"), Head = Selection.Parse("2") };

    private static FakeModel Plant()
    {
        FakeModel model = new[] { "embed.W_E", "unembed.W_U", "blocks.1.attn.W_Q", "blocks.1.attn.W_K", "blocks.1.attn.W_V", "blocks.1.attn.W_O" }
            .Aggregate(VectorModels.Make(), (made, name) => made.WithWeight(name, data => Array.Clear(data)));
        return model
            .WithWeight("embed.W_E", data => (data[(0 * D) + 7], data[(5 * D) + 0], data[(11 * D) + 1], data[(12 * D) + 1]) = (1, 1, 2, 1))
            .WithWeight("blocks.1.attn.W_Q", data => data[(((2 * D) + 1) * 3) + 0] = 3)
            .WithWeight("blocks.1.attn.W_K", data => (data[(((1 * D) + 0) * 3) + 0], data[(((1 * D) + 7) * 3) + 0]) = (1, 0.25f))
            .WithWeight("blocks.1.attn.W_V", data => data[(((1 * D) + 0) * 3) + 1] = 2)
            .WithWeight("blocks.1.attn.W_O", data => data[(((2 * 3) + 1) * D) + 2] = 4)
            .WithWeight("unembed.W_U", data => (data[(2 * V) + 20], data[(2 * V) + 21]) = (1, 0.5f));
    }
}
