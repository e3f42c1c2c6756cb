using System.Text;
using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>head-probe</c> lists what the head's <c>W_Q W_Kᵀ</c>, formed in float64, makes of each word of each group.</summary>
public sealed class HeadProbeTests : AnalysisTests<HeadProbe>
{
    private static readonly HeadProbeOptions Two = new() { Words = "w3,w5/w9", Layer = Selection.Parse("1"), Head = Selection.Parse("-1"), K = 4 };

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new HeadProbeOptions { Words = "w3", K = 2 }),
        new(Fake, new HeadProbeOptions { Words = "w3/w4", K = 2 }),
        new(Fake, new HeadProbeOptions { Words = "w3,w5/w4", K = 20 }),
    ];

    protected override string[] Approximate => ["llama", "gemma2", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula([Values] PatternSide side, [Values] Similarity score, [Values] bool biases)
    {
        var model = VectorModels.Make();

        var rows = TestRun.Execute(new HeadProbe(), model, Two with { Side = side, Score = score, Biases = biases }).Rows<ProbedWord>("head-probe");

        Assert.That(rows.Chunk(4).Select(list => (list[0].Layer, list[0].Head, list[0].Group, list[0].Word.Id)), Is.EqualTo(new[] { (1, 3, 0, 3), (1, 3, 0, 5), (1, 3, 1, 9) }));
        foreach (var list in rows.Chunk(4))
        {
            var embeddings = new NaiveWeights(model).Rows("embed.W_E");
            var pattern = NaivePatterns.Pattern(model, 1, 3, embeddings[list[0].Word.Id], side == PatternSide.Key, biases);
            NaiveLists.AssertTop(list.Select(row => row.Token.Id), NaivePatterns.Scores(pattern, embeddings, score == Similarity.Cosine), 4, $"{list[0].Word}", foundScores: list.Select(row => row.Score));
        }
    }

    [Test]
    public void Lists_OfEveryCheckpoint_AreThoseOfPatternsStatic([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name)
    {
        var model = CheckpointModels.Get(name);
        var word = Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id).Trim()).First(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit));

        var probed = TestRun.Execute(new HeadProbe(), model, new HeadProbeOptions { Words = word, Head = Selection.Parse("1") }).Rows<ProbedWord>("head-probe");
        var all = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = [word] }).Rows<StaticPattern>("patterns-static");

        Assert.That(probed.Select(row => (row.Word, row.Token, row.Score)), Is.EqualTo(all.Where(row => (row.Layer, row.Head) == (0, 1)).Select(row => (row.Word, row.Token, row.Score))));
    }

    [Test]
    public void Document_HasALineForEachWord_AndARuleBehindEachGroup()
    {
        var results = TestRun.Execute(new HeadProbe(), VectorModels.Make(), Two with { Layout = Layout.Document });

        var rows = results.Rows<ProbedWord>("head-probe");
        string Line(int word) => $"{new[] { "w3", "w5", "w9" }[word],10}: {string.Concat(rows.Skip(4 * word).Take(4).Select(row => $"{row.Token.Text,10} "))}\n";
        var rule = $"\n\n{new string('-', 32)}\n\n\n";
        Assert.That(Encoding.UTF8.GetString(results.Files["head-probe-document.txt"]), Is.EqualTo($"{Line(0)}{Line(1)}{rule}{Line(2)}{rule}"));
    }

    [Test]
    public void Figure_HasTheWordsAsRows_AndTheRanksAsColumns()
    {
        var results = TestRun.Execute(new HeadProbe(), VectorModels.Make(), Two);

        var (grid, rows) = ((TokenGrid)results.Figures["head-probe"], results.Rows<ProbedWord>("head-probe"));
        Assert.That((grid.YLabels.Count, grid.XLabels.Count), Is.EqualTo((3, 4)));
        Assert.That(grid.Cells[2][1], Is.EqualTo(new TokenCell(rows[9].Token.Text, rows[9].Score)));
    }

    [Test]
    public void PlantedHead_SendsTheWordsOfAGroupToOneToken()
    {
        // Tokens 5 and 6 are twins of different length; head 2 reads their direction and its keys have token 9 there.
        var model = VectorModels.Make();
        var (word, wanted) = (model.WE.Row(5).ToArray(), model.WE.Row(9).ToArray());
        model = model.WithWeight("embed.W_E", data => Array.ConvertAll(word, value => 3 * value).CopyTo(data, 6 * VectorModels.D));
        model = model.WithWeight("blocks.0.attn.W_Q", data => Fill(data, 2, word)).WithWeight("blocks.0.attn.W_K", data => Fill(data, 1, wanted));

        var rows = TestRun.Execute(new HeadProbe(), model, new HeadProbeOptions { Words = "w5,w6", Head = Selection.Parse("2"), K = 1 }).Rows<ProbedWord>("head-probe");

        Assert.That(rows.Select(row => row.Token.Id), Is.EqualTo(new[] { 9, 9 }));
        Assert.That(rows.Select(row => row.Score), Is.All.EqualTo(1).Within(1e-6));
    }

    [Test]
    public void SeveralHeads_AreRefused() => Assert.That(
        () => TestRun.Execute(new HeadProbe(), VectorModels.Make(), Two with { Head = Selection.All }),
        Throws.TypeOf<UsageException>().With.Message.EqualTo("--layer 1 --head all: head-probe reads one head; for several run patterns-static."));

    private static void Fill(float[] data, int head, float[] values)
    {
        Array.Clear(data);
        for (var row = 0; row < VectorModels.D; row++)
        {
            data[((head * VectorModels.D) + row) * 3] = values[row];
        }
    }
}
