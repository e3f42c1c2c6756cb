using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>messages-static</c> lists what <c>W_V W_O</c> makes of a word, in float64.</summary>
public sealed class MessagesStaticTests : AnalysisTests<MessagesStatic>
{
    private const int K = 6;

    protected override IEnumerable<Example> Runs =>
    [
        new(Fake, new MessagesStaticOptions { Words = ["w3"], Layer = Selection.Parse("0"), K = 2 }),
        new(Fake, new MessagesStaticOptions { Words = ["w3", "w4"], K = 2 }),
        new(Fake, new MessagesStaticOptions { Words = ["w3", "w4"], K = 20 }),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    [Test]
    public void Lists_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name, [Values] bool biases)
    {
        var model = CheckpointModels.Get(name);
        string[] words = [.. Enumerable.Range(300, 100).Select(id => model.Tokenizer!.Text(id).Trim()).Where(text => text.Length > 0 && text.All(char.IsAsciiLetterOrDigit)).Take(2)];

        var rows = TestRun.Execute(new MessagesStatic(), model, new MessagesStaticOptions { Words = words, K = K, Biases = biases }).Rows<StaticMessage>("messages-static");

        Assert.That(rows, Has.Count.EqualTo(Math.Min(4, model.Config.NLayers) * model.Config.NHeads * 2 * K));
        var embeddings = new NaiveWeights(model).Rows("embed.W_E");
        foreach (var list in rows.Chunk(K))
        {
            var message = NaivePatterns.Message(model, list[0].Layer, list[0].Head, embeddings[list[0].Word.Id], biases);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), NaivePatterns.Scores(message, embeddings, cosine: true), K, $"{list[0]}", id => model.Tokenizer!.Piece(id) is not null, list.Select(row => row.Score));
        }
    }

    [Test]
    public void Lists_ReadInEveryWay_EqualTheFormula([Values] MessageReading read)
    {
        var model = VectorModels.Make();
        var rows = TestRun.Execute(new MessagesStatic(), model, new MessagesStaticOptions { Words = ["w3", "w8"], K = K, Read = read }).Rows<StaticMessage>("messages-static");

        foreach (var list in rows.Chunk(K))
        {
            var message = NaivePatterns.Message(model, list[0].Layer, list[0].Head, new NaiveWeights(model).Rows("embed.W_E")[list[0].Word.Id], biases: false);
            NaiveLists.AssertTop(list.Select(row => row.Token.Id), NaivePatterns.MessageScores(model, message, read), K, $"{list[0]}", foundScores: list.Select(row => row.Score));
        }
    }

    [Test]
    public void PlantedHead_WritesTheTokenPutThere()
    {
        // Key-value head 1 reads token 5 into its dimension 0, which query head 3 alone writes as token 9.
        var model = VectorModels.Make();
        var (word, written) = (model.WE.Row(5).ToArray(), model.WE.Row(9).ToArray());
        model = model.WithWeight("blocks.0.attn.W_V", data =>
        {
            Array.Clear(data);
            for (var row = 0; row < VectorModels.D; row++)
            {
                data[(VectorModels.D + row) * 3] = word[row];
            }
        });
        model = model.WithWeight("blocks.0.attn.W_O", data =>
        {
            Array.Clear(data);
            written.CopyTo(data, 3 * 3 * VectorModels.D);
        });

        var rows = TestRun.Execute(new MessagesStatic(), model, new MessagesStaticOptions { Words = ["w5"], K = 1, Layer = Selection.Parse("0") }).Rows<StaticMessage>("messages-static");

        Assert.That(rows.Single(row => row.Head == 3).Token.Id, Is.EqualTo(9));
        Assert.That(rows.Single(row => row.Head == 3).Score, Is.EqualTo(1).Within(1e-6));
        Assert.That(rows.Where(row => row.Head != 3).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void Figure_HasARowForEachHead_AndAColumnForEachWord()
    {
        var results = TestRun.Execute(new MessagesStatic(), VectorModels.Make(), new MessagesStaticOptions { Words = ["w4", "w5"], K = 2 });

        var (grid, rows) = ((TokenGrid)results.Figures["messages-static"], results.Rows<StaticMessage>("messages-static"));
        Assert.That((grid.YLabels.Count, grid.XLabels), Is.EqualTo((8, new[] { " w4", " w5" })));
        Assert.That(grid.Cells[5][1], Is.EqualTo(new TokenCell(rows[22].Token.Text, rows[22].Score, $"{rows[22].Token.Text} {rows[23].Token.Text}")));
    }
}
