using PluginLens.Plugins.Messages;
using PluginLens.Testing;

namespace PluginLens.Plugins.Tests.Checkpoints;

/// <summary><c>messages</c> lists what <c>W_V W_O</c> makes of each token of a text, read in every way by its formula in float64.</summary>
public sealed class TextMessagesTests : AnalysisTests<TextMessages>
{
    private const int K = 5;
    private static readonly int[] Text = CheckpointModels.Prompts[1].Tokens;

    protected override IEnumerable<Example> Runs =>
    [
        new(Gpt2, new TextMessageOptions { Layer = Selection.Parse("0"), K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new TextMessageOptions { K = 2 }, CheckpointModels.Prompts),
        new(Gpt2, new TextMessageOptions { K = 20 }, CheckpointModels.Prompts),
    ];

    protected override string[] Approximate => ["bert", "encoder", "gemma2", "openai-gpt", "olmo2"];

    protected override string[] Undefined => [];

    [Test]
    public void Lists_OfEveryCheckpoint_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.All))] string name) =>
        AssertLists(CheckpointModels.Get(name), new TextMessageOptions());

    [Test]
    public void Lists_OfFoldedWeights_EqualTheFormula([ValueSource(typeof(CheckpointModels), nameof(CheckpointModels.Folded))] string name) =>
        AssertLists(CheckpointModels.Get(name), new TextMessageOptions());

    [Test]
    public void Lists_UnderEveryOption_EqualTheFormula([Values("gpt2", "qwen2", "opt")] string name, [Values] MessageReading read, [Values] bool noBias) =>
        AssertLists(CheckpointModels.Get(name), new TextMessageOptions { Read = read, NoBias = noBias, Position = Selection.Parse("0,-1") });

    [Test]
    public void Note_OfFoldedValueBiases_SaysWhatIsMissing() => Assert.That(
        TestRun.Execute(new TextMessages(), CheckpointModels.Get("gpt2 --transformer-lens-defaults"), prompts: CheckpointModels.Prompts).Notes[0], Does.Contain("value biases are in b_O"));

    [Test]
    public void Impossible_IsRefused()
    {
        void Refused(MessageReading read, string message) => Assert.That(
            () => TestRun.Execute(new TextMessages(), CheckpointModels.Get("bert"), new TextMessageOptions { Read = read }, CheckpointModels.Prompts), Throws.TypeOf<UsageException>().With.Message.StartsWith(message));

        Refused(MessageReading.FinalNorm, "--read final-norm: model");
        Refused(MessageReading.NormedVocabulary, "--read normed-vocabulary: model");
        Assert.That(
            () => TestRun.Execute(new TextMessages(), VectorModels.Make().WithoutWeight("unembed.W_U"), new TextMessageOptions { Read = MessageReading.Written }, [new Prompt(null, [1])]),
            Throws.TypeOf<UsageException>().With.Message.StartsWith("--read written: model"));
    }

    [Test]
    public void PlantedHead_WritesTheTokenPutThere()
    {
        // Values of key-value head 1 are axis 1, which query head 2 alone writes as token 20.
        var model = VectorModels.Make().WithHook("blocks.1.attn.hook_v", ["batch", "pos", "2", "3"], _ => new Tensor("v", new float[] { 0, 0, 0, 0, 5, 0 }, 1, 1, 2, 3));
        var output = new float[VectorModels.D];
        model.WU.Transpose().CopyRow(20, output);
        model = model.WithWeight("blocks.1.attn.W_O", data =>
        {
            Array.Clear(data);
            Array.ConvertAll(output, value => 20 * value).CopyTo(data, ((2 * 3) + 1) * VectorModels.D);
        });
        model = model.WithWeight("unembed.W_U", data =>
        {
            for (var row = 0; row < VectorModels.D; row++)
            {
                data[(row * VectorModels.V) + 20] *= 20;
            }
        });

        var rows = TestRun.Execute(new TextMessages(), model, new TextMessageOptions { Layer = Selection.Parse("1"), K = 1 }, [new Prompt(null, [4])]).Rows<MessageWord>("messages");

        Assert.That((rows.Single(row => row.Head == 2).Token.Id, rows.Single(row => row.Head == 2).Input.Id), Is.EqualTo((20, 4)));
        Assert.That(rows.Where(row => row.Head != 2).Select(row => row.Score), Is.All.Zero);
    }

    [Test]
    public void Figure_HasARowForEachHead_AndAColumnForEachToken()
    {
        var results = TestRun.Execute(new TextMessages(), CheckpointModels.Get("gpt2"), new TextMessageOptions { K = 2 }, [new Prompt(null, Text)]);

        var list = results.Rows<MessageWord>("messages").Where(row => (row.Layer, row.Head, row.Position) == (0, 1, 3)).ToList();
        Assert.That(((TokenGrid)results.Figures["messages"]).Cells[1][3], Is.EqualTo(new TokenCell(list[0].Token.Text, list[0].Score, $"{list[0].Token.Text} {list[1].Token.Text}")));
    }

    private static void AssertLists(Model model, TextMessageOptions options)
    {
        var rows = TestRun.Execute(new TextMessages(), model, options with { K = K }, [new Prompt(null, Text)]).Rows<MessageWord>("messages");

        Assert.That(rows, Has.Count.EqualTo(model.Config.NLayers * model.Config.NHeads * options.Position.Of(Text.Length, "position").Count * K));
        foreach (var list in rows.Chunk(K))
        {
            var (layer, head, position) = (list[0].Layer, list[0].Head, list[0].Position);
            Assert.That(list.Select(row => row.Input.Id), Is.All.EqualTo(Text[position]));
            var message = NaivePatterns.Message(model, layer, head, NaivePatterns.Input(model, Text, layer, position, normed: true, meets: false), !options.NoBias);
            NaiveLists.AssertTop(
                list.Select(row => row.Token.Id), NaivePatterns.MessageScores(model, message, options.Read), K, $"{layer}.{head} {position}", id => model.Tokenizer!.Piece(id) is not null, list.Select(row => row.Score), rounding: 1e-4);
        }
    }
}
