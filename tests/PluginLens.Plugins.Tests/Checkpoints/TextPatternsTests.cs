using PluginLens.Plugins.Patterns;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>patterns</c> lists what <c>W_K W_Qᵀ</c> makes of each token of a text, against a vocabulary that was normed row by row, all in float64.</summary>
public sealed class TextPatternsTests : AnalysisTests<TextPatterns>
{
    private const int K = 5;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TextPatternOptions { Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new TextPatternOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new TextPatternOptions { K = 20 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["llama", "gemma2", "mixtral", "bloom", "qwen3", "olmo2", "phi3-long"];

    protected override string[] Undefined => [];

    [Test]
    public void Lists_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) =>
        AssertLists(CheckpointModels.Get(name), new TextPatternOptions());

    [Test]
    public void Lists_OfFoldedWeights_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name) =>
        AssertLists(CheckpointModels.Get(name), new TextPatternOptions());

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula(
        [Values("gpt2", "qwen2")] string name, [Values] PatternSide side, [Values] Similarity score, [Values] NormOn norm, [Values] PatternInput input, [Values] bool noBias) =>
        AssertLists(CheckpointModels.Get(name), new TextPatternOptions { Side = side, Score = score, Norm = norm, Input = input, NoBias = noBias, Position = Selection.Parse("0,-1") });

    [Test]
    public void Lists_WithAnOffset_AreThoseOfTheRotatedHead([Values("llama", "gpt_neox", "phi3")] string name, [Values] PatternSide side, [Values(0, 3)] int offset) =>
        AssertLists(CheckpointModels.Get(name), new TextPatternOptions { Side = side, Offset = offset, Position = Selection.Parse("-2") });

    [Test]
    public void Impossible_IsRefused()
    {
        void Refused(string name, TextPatternOptions options, string message) => Assert.That(
            () => TestRun.Execute(new TextPatterns(), CheckpointModels.Get(name), options, CheckpointModels.Prompts), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));

        Refused("gpt2", new TextPatternOptions { Offset = 1 }, "--offset: model");
        Refused("bert", new TextPatternOptions { Norm = NormOn.Pattern }, "--norm pattern: model");
        Refused("gpt2", new TextPatternOptions { Pool = 3 }, "--pool 3: lists of --k 10");
    }

    [Test]
    public void NoPrompt_IsRefused() => Assert.That(() => TestRun.Execute(new TextPatterns(), VectorModels.Make()), Throws.TypeOf<UsageException>());

    [Test]
    public void PlantedKey_IsAttendedToByTheTokenPutThere()
    {
        // In head 2 the key of every token is axis 1 of its key head, which the query of token 9 alone has.
        var model = VectorModels.Make().WithHook("blocks.1.attn.hook_k", ["batch", "pos", "2", "3"], _ => new Tensor("k", new float[] { 0, 0, 0, 0, 4, 0 }, 1, 1, 2, 3));
        var wanted = NaivePatterns.Normed(model, "blocks.1.ln1", new NaiveWeights(model).Rows("embed.W_E")[9]);
        model = model.WithWeight("blocks.1.attn.W_Q", data =>
        {
            Array.Clear(data);
            for (var row = 0; row < VectorModels.D; row++)
            {
                data[(((2 * VectorModels.D) + row) * 3) + 1] = (float)wanted[row];
            }
        });

        var rows = TestRun.Execute(new TextPatterns(), model, new TextPatternOptions { Layer = Selection.Parse("1"), K = 1 }, [new Prompt(null, [4])]).Rows<PatternWord>("patterns");

        Assert.That((rows.Single(row => row.Head == 2).Token.Id, rows.Single(row => row.Head == 2).Input.Id), Is.EqualTo((9, 4)));
        Assert.That(rows.Single(row => row.Head == 2).Score, Is.EqualTo(1).Within(1e-6));
        Assert.That(rows.Where(row => row.Head != 2).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void HighBias_IsTheMeanBiasOfTheList_BeyondTheThreshold()
    {
        var model = CheckpointModels.Get("gpt2");
        var bias = new VocabularyBias(model);

        var rows = TestRun.Execute(new TextPatterns(), model, new TextPatternOptions { K = 3, HighBias = 0.02 }, [new Prompt(null, Text)]).Rows<PatternWord>("patterns");

        Assert.That(rows.Select(row => row.HighBias).Distinct(), Is.EquivalentTo(new bool?[] { true, false }));
        Assert.That(rows.Chunk(3).Select(list => list[0].HighBias), Is.EqualTo(rows.Chunk(3).Select(list => Math.Abs(list.Average(row => bias.Values[row.Token.Id])) > 0.02)));
    }

    [Test]
    public void Figure_HasARowForEachHead_AndAColumnForEachToken()
    {
        var results = TestRun.Execute(new TextPatterns(), CheckpointModels.Get("gpt2"), new TextPatternOptions { K = 2 }, CheckpointModels.Prompts);

        var rows = results.Rows<PatternWord>("patterns");
        var grid = (TokenGrid)results.Figures["patterns-1"];
        var second = rows.Where(row => (row.Prompt, row.Layer, row.Head, row.Position) == (1, 0, 1, 3)).ToList();
        Assert.That(results.Figures.Keys, Is.EquivalentTo(new[] { "patterns-0", "patterns-1" }));
        Assert.That(grid.Cells[1][3], Is.EqualTo(new TokenCell(second[0].Token.Text, second[0].Score, $"{second[0].Token.Text} {second[1].Token.Text}")));
    }

    private static void AssertLists(Model model, TextPatternOptions options)
    {
        var rows = TestRun.Execute(new TextPatterns(), model, options with { K = K }, [new Prompt(null, Text)]).Rows<PatternWord>("patterns");

        var positions = options.Position.Of(Text.Length, "position");
        Assert.That(rows, Has.Count.EqualTo(model.Config.NLayers * model.Config.NHeads * positions.Count * K));
        var embeddings = new NaiveWeights(model).Rows("embed.W_E");
        foreach (var layer in rows.Chunk(K).GroupBy(list => list[0].Layer))
        {
            var norm = NaivePatterns.NormBefore(model, layer.Key);
            var vocabulary = options.Norm == NormOn.Vocabulary && norm is not null ? Array.ConvertAll(embeddings, row => NaivePatterns.Normed(model, norm, row)) : embeddings;
            foreach (var list in layer)
            {
                var (head, position) = (list[0].Head, list[0].Position);
                Assert.That(list.Select(row => row.Input.Id), Is.All.EqualTo(Text[position]));
                var x = NaivePatterns.Input(model, Text, layer.Key, position, options.Input == PatternInput.Normed);
                var pattern = NaivePatterns.Pattern(model, layer.Key, head, x, options.Side == PatternSide.Key, !options.NoBias, options.Offset);
                pattern = options.Norm == NormOn.Pattern ? NaivePatterns.Normed(model, "ln_final", pattern) : pattern;
                NaiveLists.AssertTop(
                    list.Select(row => row.Token.Id), NaivePatterns.Scores(pattern, vocabulary, options.Score == Similarity.Cosine), K, $"{layer.Key}.{head} {position}",
                    id => model.Tokenizer!.Piece(id) is not null, list.Select(row => row.Score), rounding: 1e-4);
            }
        }
    }
}
