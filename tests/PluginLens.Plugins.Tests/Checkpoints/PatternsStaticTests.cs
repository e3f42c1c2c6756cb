using System.Text;
using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>patterns-static</c> lists what the matrix <c>W_Q W_Kᵀ</c>, formed in float64, makes of a word.</summary>
public sealed class PatternsStaticTests : AnalysisTests<PatternsStatic>
{
    private const int K = 6;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new PatternsStaticOptions { Words = ["w3"], Layer = Selection.Parse("0"), K = 2 }),
        new(Fake, new PatternsStaticOptions { Words = ["w3", "w4"], K = 2 }),
        new(Fake, new PatternsStaticOptions { Words = ["w3", "w4"], K = 20 }),
    ];

    protected override string[] Approximate => ["llama", "gemma2", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void Lists_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) =>
        AssertLists(CheckpointModels.Get(name), new PatternsStaticOptions());

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula([Values("gpt2", "bert", "llama", "qwen2")] string name, [Values] PatternSide side, [Values] Similarity score, [Values] bool biases) =>
        AssertLists(CheckpointModels.Get(name), new PatternsStaticOptions { Side = side, Score = score, Biases = biases });

    [Test]
    public void Lists_WithAFilter_AreFull_AndShortFromAPool([Values(null, 12)] int? pool)
    {
        // Every third token starts a word.
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(Enumerable.Range(0, VectorModels.V).Select(id => id % 3 == 0 ? $" w{id}" : $"w{id}")));
        var options = new PatternsStaticOptions { Words = ["w3"], K = 9, BpeFilter = BpeFilter.LeadingSpace, Pool = pool };

        var rows = TestRun.Execute(new PatternsStatic(), model, options).Rows<StaticPattern>("patterns-static");

        foreach (var list in rows.GroupBy(row => (row.Layer, row.Head)))
        {
            var scores = Scores(model, list.Key.Layer, list.Key.Head, 3, options);
            var expected = pool is { } size
                ? [.. NaiveLists.Top(scores, size).Where(id => id % 3 == 0).Take(9)]
                : NaiveLists.Top(scores, 9, id => id % 3 == 0);
            Assert.That(list.Select(row => row.Token.Id), Is.EqualTo(expected));
        }

        Assert.That(rows.Count, pool is null ? Is.EqualTo(2 * 4 * 9) : Is.LessThan(2 * 4 * 9));
    }

    [Test]
    public void PlantedHead_LooksForTheTokenPutThere()
    {
        // Head 2 reads token 5 into its dimension 1; its key head, 1, has token 9 there and nothing else.
        var model = VectorModels.Make();
        var (word, wanted) = (model.WE.Row(5).ToArray(), model.WE.Row(9).ToArray());
        model = model.WithWeight("blocks.1.attn.W_Q", Array.Clear).WithWeight("blocks.1.attn.W_K", Array.Clear);
        model = model.WithWeight("blocks.1.attn.W_Q", data => Column(data, 2, word)).WithWeight("blocks.1.attn.W_K", data => Column(data, 1, wanted));

        var rows = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = ["w5"], K = 1, Layer = Selection.Parse("1") }).Rows<StaticPattern>("patterns-static");

        Assert.That(rows.Single(row => row.Head == 2).Token.Id, Is.EqualTo(9));
        Assert.That(rows.Single(row => row.Head == 2).Score, Is.EqualTo(1).Within(1e-6));
        Assert.That(rows.Where(row => row.Head != 2).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void Words_HaveALeadingSpace_OrAreBare_AndTheNoteSays()
    {
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer([" run", "run", .. Enumerable.Range(0, VectorModels.V - 2).Select(id => $"w{id}")]));

        var spaced = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = ["run"] });
        var bare = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = [" run "], Form = WordForm.Bare });

        Assert.That((spaced.Rows<StaticPattern>("patterns-static")[0].Word.Id, spaced.Notes[0]), Is.EqualTo((0, "word 'run': with leading space (id 0)")));
        Assert.That((bare.Rows<StaticPattern>("patterns-static")[0].Word.Id, bare.Notes[0]), Is.EqualTo((1, "word 'run': without leading space (id 1)")));
    }

    [Test]
    public void Word_OfSeveralTokens_IsItsFirst_WithAWarning()
    {
        var model = VectorModels.Make().WithTokenizer(new FakeTokenizer(["w4", .. Enumerable.Range(1, VectorModels.V - 1).Select(id => $" w{id}")]));
        var results = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = ["w4 w7"], K = 1 });

        Assert.That(results.Rows<StaticPattern>("patterns-static").Select(row => row.Word.Id), Is.All.EqualTo(4));
        Assert.That(results.Warnings, Is.EqualTo(new[] { "'w4 w7' is 2 tokens; the first, ' w4', stands for it." }));
    }

    [Test]
    public void Layers_AreTheFirstFour_OrAllOfASmallerModel() =>
        Assert.That(TestRun.Execute(new PatternsStatic(), VectorModels.Make(), new PatternsStaticOptions { Words = ["w4"], K = 1 }).Rows<StaticPattern>("patterns-static").Select(row => row.Layer).Distinct(), Is.EqualTo(new[] { 0, 1 }));

    [Test]
    public void Document_HasTheNotebooksLayout()
    {
        var model = VectorModels.Make();
        var results = TestRun.Execute(new PatternsStatic(), model, new PatternsStaticOptions { Words = ["w4", "w5"], K = 2, Layer = Selection.Parse("1"), Head = Selection.Parse("3"), Layout = Layout.Document });

        var rows = results.Rows<StaticPattern>("patterns-static");
        string Pieces(int at) => $"\"{rows[at].Token.Text,8}, {rows[at + 1].Token.Text,8}, \",\"{DocumentScore(rows[at].Score)}, {DocumentScore(rows[at + 1].Score)}, \"";
        Assert.That(
            Encoding.UTF8.GetString(results.Files["patterns-static-document.csv"]),
            Is.EqualTo($",Word,Layer,Head,Top-k,Scores\n0,w4,1,3,{Pieces(0)}\n1,w5,1,3,{Pieces(2)}\n"));
    }

    /// <summary>What Python 3's <c>format(x, '.2')</c> prints.</summary>
    [TestCase(1, "1.0")]
    [TestCase(0.2, "0.2")]
    [TestCase(0.0891, "0.089")]
    [TestCase(9.6e-05, "9.6e-05")]
    [TestCase(0.0001, "0.0001")]
    [TestCase(0.996, "1.0")]
    [TestCase(-0.554, "-0.55")]
    [TestCase(9.96, "1e+01")]
    [TestCase(-12.34, "-1.2e+01")]
    [TestCase(0, "0.0")]
    public void Scores_AreWrittenAsPythonDoes(double score, string text) => Assert.That(DocumentText.TwoDigits(score), Is.EqualTo(text));

    [Test]
    public void Figure_HasARowForEachHead_AndTheListOnHover()
    {
        var results = TestRun.Execute(new PatternsStatic(), VectorModels.Make(), new PatternsStaticOptions { Words = ["w4", "w5"], K = 2 });

        var (grid, rows) = ((TokenGrid)results.Figures["patterns-static"], results.Rows<StaticPattern>("patterns-static"));
        Assert.That((grid.YLabels.Count, grid.XLabels), Is.EqualTo((8, new[] { " w4", " w5" })));
        Assert.That(grid.Cells[5][1], Is.EqualTo(new TokenCell(rows[22].Token.Text, rows[22].Score, $"{rows[22].Token.Text} {rows[23].Token.Text}")));
    }

    private static string DocumentScore(double score) => DocumentText.TwoDigits(score);

    private static void AssertLists(Model model, PatternsStaticOptions options)
    {
        string[] words = [.. Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id).Trim()).Where(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit)).Take(3)];
        options = options with { Words = words, K = K, Layer = Selection.All };

        var rows = TestRun.Execute(new PatternsStatic(), model, options).Rows<StaticPattern>("patterns-static");

        Assert.That(words, Has.Length.EqualTo(3));
        Assert.That(rows, Has.Count.EqualTo(model.Config.NLayers * model.Config.NHeads * 3 * K));
        foreach (var list in rows.Chunk(K))
        {
            var (layer, head, word) = (list[0].Layer, list[0].Head, list[0].Word.Id);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), Scores(model, layer, head, word, options), K, $"{layer}.{head} {word}",
                id => model.Tokenizer!.Piece(id) is not null, list.Select(row => row.Score));
        }
    }

    private static double[] Scores(Model model, int layer, int head, int word, PatternsStaticOptions options)
    {
        var embeddings = new NaiveWeights(model).Rows("embed.W_E");
        var pattern = NaivePatterns.Pattern(model, layer, head, embeddings[word], options.Side == PatternSide.Key, options.Biases);
        return NaivePatterns.Scores(pattern, embeddings, options.Score == Similarity.Cosine);
    }

    private static void Column(float[] data, int head, float[] values)
    {
        for (var row = 0; row < VectorModels.D; row++)
        {
            data[(((head * VectorModels.D) + row) * 3) + 1] = values[row];
        }
    }
}
